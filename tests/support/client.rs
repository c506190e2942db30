//! A simple client: it sends what a test specifies and returns the response.

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::{SigningKey, TokenBuilder};

mod server_requests;

pub use server_requests::{message_in, question};
pub use toolgate_testing::Challenge;

/// A protocol revision, by its requests on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revision {
    /// 2026-07-28: no session, each request is self-contained.
    Stateless,
    /// A revision with sessions: 2025-11-25, 2025-06-18 or 2025-03-26.
    Session(&'static str),
}

impl Revision {
    /// Every revision that a server supports.
    pub const ALL: [Self; 4] = [
        Self::Stateless,
        Self::Session("2025-11-25"),
        Self::Session("2025-06-18"),
        Self::Session("2025-03-26"),
    ];

    /// Returns its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Stateless => "2026-07-28",
            Self::Session(name) => name,
        }
    }
}

/// A client of one MCP endpoint.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    resource: String,
    revision: Revision,
    token: Option<String>,
    key: Option<Arc<SigningKey>>,
    nonce: Option<String>,
    session: Option<String>,
    capabilities: Value,
    /// Whether it has completed the handshake, and names the revision in each request.
    is_known: bool,
}

impl Client {
    /// Creates a client without a token that opens no session by itself.
    ///
    /// # Panics
    ///
    /// If the HTTP client cannot be created.
    #[must_use]
    pub fn new(resource: impl Into<String>, revision: Revision) -> Self {
        // One HTTP client for all tests of a process, because creating one is slow. It pools no
        // connections: they would belong to the runtime of the test that opened them.
        static HTTP: OnceLock<reqwest::Client> = OnceLock::new();
        let make = || {
            reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .pool_max_idle_per_host(0)
                .build()
                .expect("an HTTP client")
        };
        let http = HTTP.get_or_init(make).clone();
        Self {
            http,
            resource: resource.into(),
            revision,
            token: None,
            key: None,
            nonce: None,
            session: None,
            capabilities: json!({}),
            is_known: false,
        }
    }

    /// Returns the same client with another token, in the same session.
    #[must_use]
    pub fn with_token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Returns the same client with a new proof of this key for each request.
    #[must_use]
    pub fn with_key(mut self, key: &Arc<SigningKey>) -> Self {
        self.key = Some(Arc::clone(key));
        self
    }

    /// Returns the same client with this nonce in its proofs.
    #[must_use]
    pub fn with_nonce(mut self, nonce: impl Into<String>) -> Self {
        self.nonce = Some(nonce.into());
        self
    }

    /// Returns the same client without a token, in the same session.
    #[must_use]
    pub fn without_token(mut self) -> Self {
        self.token = None;
        self
    }

    /// Returns the same client, in the same session, at another replica.
    #[must_use]
    pub fn at(mut self, resource: impl Into<String>) -> Self {
        self.resource = resource.into();
        self
    }

    /// Returns the same client in another session.
    #[must_use]
    pub fn with_session(mut self, session: impl Into<String>) -> Self {
        self.session = Some(session.into());
        self
    }

    /// Returns the same client outside any session.
    #[must_use]
    pub fn without_session(mut self) -> Self {
        self.session = None;
        self
    }

    /// Returns the same client with these capabilities, which it declares from now on.
    #[must_use]
    pub fn declaring(mut self, capabilities: Value) -> Self {
        self.capabilities = capabilities;
        self
    }

    /// Returns the id of the session, if there is one.
    #[must_use]
    pub fn session(&self) -> Option<&str> {
        self.session.as_deref()
    }

    /// Opens a session if the revision has them.
    ///
    /// # Panics
    ///
    /// If the server refuses.
    pub async fn open(&mut self) {
        let answer = self.initialize().await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    /// Tries to open a session, and uses it if that succeeds.
    ///
    /// # Panics
    ///
    /// If the server cannot be reached.
    pub async fn initialize(&mut self) -> HttpResponse {
        let Revision::Session(version) = self.revision else {
            return self.request("server/discover", json!({})).await;
        };
        let answer = self
            .send(&json!({
                "jsonrpc": "2.0", "id": 0, "method": "initialize",
                "params": {
                    "protocolVersion": version,
                    "capabilities": self.capabilities,
                    "clientInfo": {"name": "test", "version": "1"},
                },
            }))
            .await;
        if let Some(id) = answer.header("mcp-session-id") {
            self.session = Some(id.to_owned());
        }
        self.is_known = answer.status == 200 && answer.json()["result"].is_object();
        if self.is_known {
            let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
            let answer = self.send(&initialized).await;
            assert_eq!(answer.status, 202, "{answer:?}");
        }
        answer
    }

    /// Calls a tool.
    pub async fn call(&self, tool: &str, arguments: Value) -> HttpResponse {
        self.request("tools/call", json!({"name": tool, "arguments": arguments}))
            .await
    }

    /// Sends a request with any method.
    pub async fn request(&self, method: &str, params: Value) -> HttpResponse {
        self.send(&self.message(method, params)).await
    }

    /// Builds a request in the format of this revision.
    ///
    /// # Panics
    ///
    /// If the parameters are not an object.
    #[must_use]
    pub fn message(&self, method: &str, mut params: Value) -> Value {
        if self.revision == Revision::Stateless {
            params["_meta"] = json!({
                "io.modelcontextprotocol/protocolVersion": self.revision.name(),
                "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
                "io.modelcontextprotocol/clientCapabilities": self.capabilities,
            });
        }
        json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
    }

    /// Sends a message with the headers that belong to it.
    pub async fn send(&self, message: &Value) -> HttpResponse {
        HttpResponse::of(self.post(message).body(message.to_string())).await
    }

    /// Builds a `POST` with the headers of a message, and no body yet.
    pub fn post(&self, message: &Value) -> RequestBuilder {
        let mut request = self
            .plain(Method::POST)
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream");
        if self.revision == Revision::Stateless {
            if let Some(method) = message["method"].as_str() {
                request = request.header("mcp-method", method);
            }
            for name in ["name", "uri"] {
                if let Some(name) = message["params"][name].as_str() {
                    request = request.header("mcp-name", name);
                }
            }
        }
        request
    }

    /// Builds a request with any HTTP method, with token, session and revision.
    pub fn plain(&self, method: Method) -> RequestBuilder {
        let mut request = self.http.request(method.clone(), &self.resource);
        request = match (&self.token, &self.key) {
            (Some(token), Some(key)) => {
                let proof = TokenBuilder::proof(key, method.as_str(), &self.resource).about(token);
                let proof = proof.claim("nonce", json!(self.nonce));
                request
                    .header("authorization", format!("DPoP {token}"))
                    .header("dpop", proof.build())
            }
            (Some(token), None) => request.bearer_auth(token),
            (None, _) => request,
        };
        if let Some(session) = &self.session {
            request = request.header("mcp-session-id", session);
        }
        let is_known = self.is_known || self.session.is_some();
        if is_known || self.revision == Revision::Stateless {
            request = request.header("mcp-protocol-version", self.revision.name());
        }
        request
    }

    /// Fetches any URL, without a token.
    pub async fn get(&self, url: &str) -> HttpResponse {
        HttpResponse::of(self.http.get(url)).await
    }
}

/// A response.
#[derive(Debug, Clone)]
pub struct HttpResponse {
    /// The status.
    pub status: u16,
    /// The headers; repeated values are joined with commas.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub text: String,
}

impl HttpResponse {
    /// Sends a request and reads the whole response.
    ///
    /// # Panics
    ///
    /// If the server cannot be reached.
    pub async fn of(request: RequestBuilder) -> Self {
        Self::of_response(request.send().await.expect("the server answers")).await
    }

    /// Reads the whole response.
    ///
    /// # Panics
    ///
    /// If it is incomplete, or not text.
    pub async fn of_response(response: reqwest::Response) -> Self {
        let status: StatusCode = response.status();
        let mut headers = BTreeMap::<String, String>::new();
        for (name, value) in response.headers() {
            let value = value.to_str().expect("headers are ASCII");
            headers
                .entry(name.to_string())
                .and_modify(|earlier| {
                    earlier.push_str(", ");
                    earlier.push_str(value);
                })
                .or_insert_with(|| value.to_owned());
        }
        Self {
            status: status.as_u16(),
            headers,
            text: response.text().await.expect("the answer is text"),
        }
    }

    /// Returns a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// Returns the first challenge, which is all that many clients see.
    #[must_use]
    pub fn challenge(&self) -> Option<Challenge> {
        self.challenges().into_iter().next()
    }

    /// Returns the challenge of the scheme `DPoP`, which follows the first.
    #[must_use]
    pub fn dpop_challenge(&self) -> Option<Challenge> {
        let mut beside = self.challenges().into_iter().skip(1);
        beside.find(|one| one.scheme == "DPoP")
    }

    /// Returns every challenge.
    #[must_use]
    pub fn challenges(&self) -> Vec<Challenge> {
        self.header("www-authenticate")
            .map(Challenge::read_all)
            .unwrap_or_default()
    }

    /// Returns the body as JSON; for an event stream, the last message.
    ///
    /// # Panics
    ///
    /// If it is neither.
    #[must_use]
    pub fn json(&self) -> Value {
        let is_stream = self
            .header("content-type")
            .is_some_and(|kind| kind.starts_with("text/event-stream"));
        let text = if is_stream {
            self.text
                .lines()
                .filter_map(|line| line.strip_prefix("data:"))
                .map(str::trim)
                .rfind(|data| !data.is_empty())
                .expect("a stream has a message")
        } else {
            &self.text
        };
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Returns the text of a tool's result.
    ///
    /// # Panics
    ///
    /// If it has none.
    #[must_use]
    pub fn tool_text(&self) -> String {
        let answer = self.json();
        answer["result"]["content"][0]["text"]
            .as_str()
            .unwrap_or_else(|| panic!("no text in {answer}"))
            .to_owned()
    }

    /// Whether a tool ran and failed.
    #[must_use]
    pub fn is_tool_error(&self) -> bool {
        self.json()["result"]["isError"] == true
    }
}
