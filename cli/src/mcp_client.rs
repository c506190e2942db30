//! The messages of both lifecycles, as clients send them.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use crate::{
    http::{Http, Request, Response},
    target::Target,
};

/// A protocol lifecycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lifecycle {
    /// 2026-07-28: every request is self-contained.
    Stateless,
    /// 2025-11-25: `initialize` first, then a session if the server opens one.
    Session,
}

impl Lifecycle {
    pub(crate) const BOTH: [Self; 2] = [Self::Stateless, Self::Session];

    pub(crate) fn revision(self) -> &'static str {
        match self {
            Self::Stateless => "2026-07-28",
            Self::Session => "2025-11-25",
        }
    }

    /// Returns the method of the first request.
    pub(crate) fn opening(self) -> &'static str {
        match self {
            Self::Stateless => "server/discover",
            Self::Session => "initialize",
        }
    }
}

/// One client that speaks to the server in one lifecycle.
#[derive(Debug, Clone)]
pub(crate) struct McpClient {
    lifecycle: Lifecycle,
    url: String,
    token: Option<String>,
    session: Option<String>,
    is_open: bool,
}

impl McpClient {
    pub(crate) fn new(target: &Target, lifecycle: Lifecycle, token: Option<&str>) -> Self {
        Self {
            lifecycle,
            url: target.typed().to_owned(),
            token: token.map(str::to_owned),
            session: None,
            is_open: false,
        }
    }

    /// The same client with another token or none, in the same session.
    pub(crate) fn with_token(&self, token: Option<&str>) -> Self {
        Self {
            token: token.map(str::to_owned),
            ..self.clone()
        }
    }

    /// The same client in another session.
    pub(crate) fn with_session(&self, session: &str) -> Self {
        Self {
            session: Some(session.to_owned()),
            is_open: true,
            ..self.clone()
        }
    }

    pub(crate) fn lifecycle(&self) -> Lifecycle {
        self.lifecycle
    }

    pub(crate) fn session(&self) -> Option<&str> {
        self.session.as_deref()
    }

    /// Sends the first request of the lifecycle, and stores the session id if the server opens
    /// one.
    ///
    /// # Errors
    ///
    /// Returns why there is no response.
    pub(crate) async fn open(&mut self, http: &Http) -> Result<Response, String> {
        let answer = http.send(self.opening()).await?;
        if self.lifecycle == Lifecycle::Session && answer.is_success() {
            self.session = answer.header("mcp-session-id");
            self.is_open = true;
            let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
            http.send(self.post(&initialized)).await?;
        }
        Ok(answer)
    }

    /// Builds the first request of the lifecycle.
    pub(crate) fn opening(&self) -> Request {
        let params = match self.lifecycle {
            Lifecycle::Stateless => json!({}),
            Lifecycle::Session => json!({
                "protocolVersion": self.lifecycle.revision(),
                "capabilities": {},
                "clientInfo": client_info(),
            }),
        };
        self.request(self.lifecycle.opening(), params)
    }

    /// Closes the session, if there is one. Some servers do not allow it.
    pub(crate) async fn close(&self, http: &Http) {
        if self.session.is_some() {
            let request = Request::new(reqwest::Method::DELETE, &*self.url);
            drop(http.send(self.with_headers(request)).await);
        }
    }

    /// Sends a request and reads its response.
    ///
    /// # Errors
    ///
    /// Returns why there is no response.
    pub(crate) async fn ask(
        &self,
        http: &Http,
        method: &str,
        params: Value,
    ) -> Result<Response, String> {
        http.send(self.request(method, params)).await
    }

    /// Builds a request with its headers.
    pub(crate) fn request(&self, method: &str, mut params: Value) -> Request {
        if self.lifecycle == Lifecycle::Stateless {
            params["_meta"] = json!({
                "io.modelcontextprotocol/protocolVersion": self.lifecycle.revision(),
                "io.modelcontextprotocol/clientInfo": client_info(),
                "io.modelcontextprotocol/clientCapabilities": {},
            });
        }
        let name = ["name", "uri"]
            .iter()
            .find_map(|key| params[key].as_str())
            .map(header_text);
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let mut request = self.post(&message);
        if self.lifecycle == Lifecycle::Stateless {
            request = request.header("mcp-method", method);
            if let Some(name) = name {
                request = request.header("mcp-name", name);
            }
        }
        request
    }

    fn post(&self, message: &Value) -> Request {
        self.with_headers(Request::post(&*self.url).json(message))
            .header("accept", "application/json, text/event-stream")
    }

    /// Opens the stream of a session.
    pub(crate) async fn open_stream(&self, http: &Http) -> Result<Response, String> {
        let request = self.with_headers(Request::get(&*self.url));
        http.send(request.header("accept", "text/event-stream"))
            .await
    }

    /// Adds the headers that every request of this client carries.
    pub(crate) fn with_headers(&self, mut request: Request) -> Request {
        if let Some(token) = &self.token {
            request = request.bearer(token);
        }
        if let Some(session) = &self.session {
            request = request.header("mcp-session-id", session);
        }
        // `initialize` negotiates the version, so it carries no version header.
        if self.lifecycle == Lifecycle::Stateless || self.is_open {
            request = request.header("mcp-protocol-version", self.lifecycle.revision());
        }
        request
    }
}

fn client_info() -> Value {
    json!({"name": "toolgate", "version": env!("CARGO_PKG_VERSION")})
}

/// Encodes a name as a header value (2026-07-28, Streamable HTTP, Value Encoding).
fn header_text(name: &str) -> String {
    let is_plain = !name.is_empty()
        && name == name.trim()
        && name.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    match is_plain {
        true => name.to_owned(),
        false => format!("=?base64?{}?=", BASE64_STANDARD.encode(name)),
    }
}
