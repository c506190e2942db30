//! The request bodies of the flood.

/// The body size in bytes: just below the default limit of 4 MiB.
const SIZE: usize = 4 * 1024 * 1024 - 4096;

/// The JSON value that needs the most memory per byte once it is parsed.
const DENSE: &str = r#"{"":0}"#;

/// A form of body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyShape {
    List,
    ArgumentsAsList,
    ArgumentsAsObject,
    Initialize,
    Chunked,
    HalfSent,
    Dripped,
}

/// How fast a body is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pace {
    /// At full speed; then the response is read.
    AtOnce,
    /// Half of the body, then nothing until the end of the flood.
    Half,
    /// A first part, then single bytes at intervals until the end of the flood.
    Drip,
}

impl BodyShape {
    pub(super) const ALL: [Self; 7] = [
        Self::List,
        Self::ArgumentsAsList,
        Self::ArgumentsAsObject,
        Self::Initialize,
        Self::Chunked,
        Self::HalfSent,
        Self::Dripped,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::List => "a list",
            Self::ArgumentsAsList => "arguments as a list",
            Self::ArgumentsAsObject => "arguments as an object",
            Self::Initialize => "initialize",
            Self::Chunked => "arguments as a list, chunked",
            Self::HalfSent => "half of it",
            Self::Dripped => "dripped",
        }
    }

    pub(super) fn pace(self) -> Pace {
        match self {
            Self::HalfSent => Pace::Half,
            Self::Dripped => Pace::Drip,
            _ => Pace::AtOnce,
        }
    }

    /// Returns the whole request, head and body, and the length of its head.
    pub(super) fn request(self, port: u16) -> (Vec<u8>, usize) {
        let body = self.body(SIZE);
        let headers = match self {
            Self::ArgumentsAsObject => {
                "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: add_todo\r\n"
            }
            _ => "",
        };
        let length = match self {
            Self::Chunked => "Transfer-Encoding: chunked".to_owned(),
            _ => format!("Content-Length: {}", body.len()),
        };
        let head = format!(
            "POST /mcp HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n\
             Accept: application/json, text/event-stream\r\n{headers}{length}\r\n\r\n"
        );
        let mut request = head.into_bytes();
        let head = request.len();
        match self {
            Self::Chunked => {
                for piece in body.as_bytes().chunks(8 * 1024) {
                    request.extend(format!("{:x}\r\n", piece.len()).into_bytes());
                    request.extend(piece);
                    request.extend(b"\r\n");
                }
                request.extend(b"0\r\n\r\n");
            }
            _ => request.extend(body.into_bytes()),
        }
        (request, head)
    }

    fn body(self, size: usize) -> String {
        let (before, after) = match self {
            Self::List => ("[", "]"),
            Self::ArgumentsAsObject => (
                r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"flood","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}},"name":"add_todo","arguments":{"title":["#,
                "]}}}",
            ),
            Self::Initialize => (
                r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","clientInfo":{"name":"flood","version":"1"},"capabilities":{"experimental":{"flood":{"list":["#,
                "]}}}}}",
            ),
            Self::ArgumentsAsList | Self::Chunked | Self::HalfSent | Self::Dripped => (
                r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"add_todo","arguments":["#,
                "]}}",
            ),
        };
        let mut body = String::with_capacity(size);
        body.push_str(before);
        body.push_str(DENSE);
        while body.len() + DENSE.len() + 1 + after.len() <= size {
            body.push(',');
            body.push_str(DENSE);
        }
        body.push_str(after);
        body
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{BodyShape, SIZE};

    #[test]
    fn every_body_is_json_and_fills_the_limit() {
        for form in BodyShape::ALL {
            let size = 4096;
            let body = form.body(size);
            assert!(body.len() <= size && body.len() + 16 > size, "{form:?}");
            assert!(serde_json::from_str::<Value>(&body).is_ok(), "{form:?}");
        }
    }

    #[test]
    fn a_chunked_request_ends_with_the_last_chunk() {
        let (request, head) = BodyShape::Chunked.request(1);
        assert!(request.ends_with(b"\r\n0\r\n\r\n"));
        assert!(request[..head].ends_with(b"\r\n\r\n"));
        assert!(request.len() - head > SIZE);
    }
}
