//! Requests as bytes, ready to be sent repeatedly.

use std::net::SocketAddr;

/// The tool that every server has.
pub(crate) const TOOL: &str = "forecast";

/// The target of requests: one path of one server.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint {
    pub(crate) address: SocketAddr,
    pub(crate) path: &'static str,
}

impl Endpoint {
    /// Builds a call in revision 2026-07-28, which needs no session.
    pub(crate) fn call(&self, token: Option<&str>) -> Vec<u8> {
        self.call_of(TOOL, r#"{"city":"Lisbon"}"#, token)
    }

    /// Builds the same for another tool and other arguments.
    pub(crate) fn call_of(&self, tool: &str, arguments: &str, token: Option<&str>) -> Vec<u8> {
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{tool}","arguments":{arguments},{META}}}}}"#
        );
        self.post(
            &[
                ("mcp-protocol-version", "2026-07-28"),
                ("mcp-method", "tools/call"),
                ("mcp-name", tool),
            ],
            token,
            &body,
        )
    }

    /// Builds a call with a bound token and the proof of this request (RFC 9449 §4).
    pub(crate) fn bound_call(&self, token: &str, proof: &str) -> Vec<u8> {
        let call = self.call(None);
        let line = call.iter().position(|&byte| byte == b'\n').unwrap_or(0) + 1;
        let credentials = format!("authorization: DPoP {token}\r\ndpop: {proof}\r\n");
        [&call[..line], credentials.as_bytes(), &call[line..]].concat()
    }

    /// Builds a call in revision 2025-11-25 without a session.
    pub(crate) fn sessionless_call(&self, token: Option<&str>) -> Vec<u8> {
        self.post(&[OLDER], token, &older_call(1))
    }

    /// Builds a `subscriptions/listen` for updates of one resource, in revision 2026-07-28.
    pub(crate) fn listen(&self, uri: &str, token: &str) -> Vec<u8> {
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{{"notifications":{{"resourceSubscriptions":["{uri}"]}},{META}}}}}"#
        );
        self.post(
            &[
                ("mcp-protocol-version", "2026-07-28"),
                ("mcp-method", "subscriptions/listen"),
            ],
            Some(token),
            &body,
        )
    }

    /// Builds a `tools/list` in revision 2026-07-28.
    pub(crate) fn list(&self, token: Option<&str>) -> Vec<u8> {
        let body =
            format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{{{META}}}}}"#);
        self.post(
            &[
                ("mcp-protocol-version", "2026-07-28"),
                ("mcp-method", "tools/list"),
            ],
            token,
            &body,
        )
    }

    /// Builds the request that opens a session of revision 2025-11-25.
    pub(crate) fn initialize(&self, token: Option<&str>) -> Vec<u8> {
        let body = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"load","version":"1"}}}"#;
        self.post(&[], token, body)
    }

    /// Builds the notification that the client is initialized.
    pub(crate) fn initialized(&self, session: &str, token: Option<&str>) -> Vec<u8> {
        let body = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
        self.post(&in_session(session), token, body)
    }

    /// Builds a call in a session, with this eight-digit id.
    pub(crate) fn session_call(&self, session: &str, id: u32, token: Option<&str>) -> Vec<u8> {
        self.post(&in_session(session), token, &older_call(id))
    }

    /// Builds the request that ends a session.
    pub(crate) fn delete(&self, session: &str, token: Option<&str>) -> Vec<u8> {
        self.request("DELETE", &in_session(session), token, "")
    }

    fn post(&self, fields: &[(&str, &str)], token: Option<&str>, body: &str) -> Vec<u8> {
        self.request("POST", fields, token, body)
    }

    fn request(
        &self,
        method: &str,
        fields: &[(&str, &str)],
        token: Option<&str>,
        body: &str,
    ) -> Vec<u8> {
        let Self { address, path } = self;
        let mut text = format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\n");
        if let Some(token) = token {
            text += &format!("authorization: Bearer {token}\r\n");
        }
        text += "content-type: application/json\r\n";
        text += "accept: application/json, text/event-stream\r\n";
        for (name, value) in fields {
            text += &format!("{name}: {value}\r\n");
        }
        text += &format!("content-length: {}\r\n\r\n{body}", body.len());
        text.into_bytes()
    }
}

/// The metadata that revision 2026-07-28 requires in each request.
const META: &str = r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}"#;

/// The latest revision that has sessions.
const OLDER: (&str, &str) = ("mcp-protocol-version", "2025-11-25");

fn older_call(id: u32) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"{TOOL}","arguments":{{"city":"Lisbon"}}}}}}"#
    )
}

fn in_session(session: &str) -> [(&str, &str); 2] {
    [OLDER, ("mcp-session-id", session)]
}
