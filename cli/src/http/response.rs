//! A response.

use reqwest::header::HeaderMap;
use serde_json::{Map, Value};

use super::LARGEST;
use crate::json_memory_limit;

/// A response, read to its end or to a limit.
#[derive(Debug, Clone)]
pub(crate) struct Response {
    pub(crate) status: u16,
    headers: HeaderMap,
    pub(super) body: Vec<u8>,
    /// Whether the body is longer than what was read.
    pub(super) is_cut: bool,
    /// How many bytes of a stream were searched for its response.
    read: usize,
}

impl Response {
    pub(super) fn new(status: u16, headers: HeaderMap) -> Self {
        Self {
            status,
            headers,
            body: Vec::new(),
            is_cut: false,
            read: 0,
        }
    }

    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Returns all field values of a name, as bytes.
    pub(crate) fn values(&self, name: &str) -> Vec<Vec<u8>> {
        let values = self.headers.get_all(name).iter();
        values.map(|value| value.as_bytes().to_vec()).collect()
    }

    /// Returns a header as text; repeated values are joined with commas.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let values = self.values(name);
        let texts: Vec<_> = values.iter().map(|v| String::from_utf8_lossy(v)).collect();
        (!texts.is_empty()).then(|| texts.join(", "))
    }

    /// Returns the members of a header that lists names, in lower case.
    pub(crate) fn names(&self, name: &str) -> Vec<String> {
        let list = self.header(name).unwrap_or_default();
        let names = list.split(',').map(|name| name.trim().to_ascii_lowercase());
        names.filter(|name| !name.is_empty()).collect()
    }

    /// Returns the media type in lower case, without its parameters.
    pub(crate) fn media_type(&self) -> String {
        let value = self.header("content-type").unwrap_or_default();
        let essence = value.split(';').next().unwrap_or_default();
        essence.trim().to_ascii_lowercase()
    }

    pub(crate) fn is_stream(&self) -> bool {
        self.media_type() == "text/event-stream"
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Option<Value> {
        json_memory_limit::read(&self.body)
    }

    /// Returns the body if it is one JSON object.
    pub(crate) fn object(&self) -> Option<Map<String, Value>> {
        json_memory_limit::read(&self.body)
    }

    /// Returns the JSON-RPC response: the body, or the event of a stream that contains it.
    pub(crate) fn message(&self) -> Option<Value> {
        if !self.is_stream() {
            return self.json().filter(is_response);
        }
        responses(&self.body).next()
    }

    /// Whether the new part of a stream contains its response. Reads each event once, even if
    /// it arrives in many small chunks.
    pub(super) fn has_response(&mut self) -> bool {
        let unread = self.body.get(self.read..).unwrap_or_default();
        // An event ends with an empty line.
        let ends = unread
            .windows(3)
            .rposition(|end| end.ends_with(b"\n\n") || end == b"\n\r\n");
        let Some(end) = ends else { return false };
        let has_response = responses(&unread[..end + 3]).next().is_some();
        self.read += end + 3;
        has_response
    }

    /// Returns the result of the JSON-RPC response.
    pub(crate) fn result(&self) -> Option<Value> {
        self.message()?.get("result").cloned()
    }

    /// Returns the status, and the JSON-RPC error if there is one, or that the body is too long.
    pub(crate) fn brief(&self) -> String {
        let error = self.message().and_then(|message| {
            let code = message.get("error")?.get("code")?.as_i64()?;
            Some(format!("HTTP {} with JSON-RPC error {code}", self.status))
        });
        error.unwrap_or_else(|| match self.is_cut {
            true => format!("HTTP {} with more than {} MiB", self.status, LARGEST >> 20),
            false => format!("HTTP {}", self.status),
        })
    }

    /// Returns the text of `brief`, as `Ok` if the response is right, otherwise as `Err`.
    pub(crate) fn brief_if(&self, is_right: bool) -> Result<String, String> {
        match is_right {
            true => Ok(self.brief()),
            false => Err(self.brief()),
        }
    }

    /// Whether a text occurs anywhere in the response.
    pub(super) fn repeats(&self, text: &str) -> bool {
        let is_in = |bytes: &[u8]| String::from_utf8_lossy(bytes).contains(text);
        is_in(&self.body) || self.headers.values().any(|value| is_in(value.as_bytes()))
    }
}

fn is_response(message: &Value) -> bool {
    message.get("result").is_some() || message.get("error").is_some_and(Value::is_object)
}

/// Returns the responses among the events of a stream.
fn responses(stream: &[u8]) -> impl Iterator<Item = Value> {
    let text = String::from_utf8_lossy(stream).replace("\r\n", "\n");
    let events: Vec<_> = text.split("\n\n").map(data).collect();
    let messages = events
        .into_iter()
        .filter_map(|data| json_memory_limit::read(data.as_bytes()));
    messages.filter(is_response)
}

/// Returns the data of one event.
fn data(event: &str) -> String {
    let data = event.lines().filter_map(|line| line.strip_prefix("data:"));
    data.map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(kind: &'static str, body: &str) -> Response {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", kind.parse().unwrap());
        let mut answer = Response::new(200, headers);
        answer.body = body.into();
        answer
    }

    #[test]
    fn a_response_is_found_in_a_body_and_in_a_stream() {
        let body = r#"{"jsonrpc":"2.0","id":1,"result":{"a":1}}"#;
        assert_eq!(answer("application/json", body).result().unwrap()["a"], 1);
        let stream = format!(
            ": hello\n\ndata: {{\"method\":\"x\"}}\n\nevent: message\r\ndata: {body}\r\n\r\n"
        );
        let answer = answer("text/event-stream; charset=utf-8", &stream);
        assert_eq!(answer.result().unwrap()["a"], 1);
    }

    #[test]
    fn a_stream_that_comes_in_pieces_is_read_once() {
        for end in ["\n\n", "\r\n\r\n"] {
            let mut answer = answer("text/event-stream", "");
            let stream = format!("data: {{\"method\":\"x\"}}{end}data: {{\"result\":{{}}}}{end}");
            let found: Vec<_> = stream
                .bytes()
                .map(|byte| {
                    answer.body.push(byte);
                    answer.has_response()
                })
                .collect();
            // True at the last byte, and only there.
            assert_eq!(
                found.iter().position(|found| *found),
                Some(stream.len() - 1)
            );
            assert!(!answer.has_response());
            assert!(answer.result().is_some());
        }
    }

    #[test]
    fn an_oauth_error_is_no_response() {
        let answer = answer("application/json", r#"{"error":"invalid_token"}"#);
        assert!(answer.message().is_none());
        assert_eq!(answer.brief(), "HTTP 200");
    }

    #[test]
    fn a_text_is_found_in_headers_and_in_the_body() {
        let answer = answer("text/plain; x=secret1", "the secret2");
        assert!(answer.repeats("secret1"));
        assert!(answer.repeats("secret2"));
        assert!(!answer.repeats("secret3"));
    }
}
