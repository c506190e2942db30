//! One HTTP exchange of a caller: its token, its headers, and the answer.

use axum::{
    body::Body,
    http::{HeaderMap, Method, Request, Response, StatusCode, request},
};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use toolgate::auth::Clock;

use super::{LIFETIME, STATELESS, TestCaller, Token};
use crate::{Challenge, Denial, Output, TokenBuilder, event_stream::EventStream};

impl TestCaller<'_> {
    /// Sends one request or notification. Returns the result and the headers of the answer.
    pub(super) async fn post(
        &self,
        method: &str,
        params: Value,
        session: Option<&str>,
    ) -> (Result<Output, Denial>, HeaderMap) {
        let response = self.send(method, self.message(method, params), session);
        let (head, body) = response.await.into_parts();
        let body = match is_event_stream(&head.headers) {
            true => self.answer_of(EventStream::new(body), session).await,
            false => json_of(body).await,
        };
        (self.result(head.status, &head.headers, body), head.headers)
    }

    /// Opens the stream of a `subscriptions/listen`.
    pub(super) async fn listen(&self, uris: &[String]) -> Result<EventStream, Denial> {
        let params = json!({"notifications": {"resourceSubscriptions": uris}});
        let method = "subscriptions/listen";
        let response = self.send(method, self.message(method, params), None).await;
        let (head, body) = response.into_parts();
        if !is_event_stream(&head.headers) {
            let body = json_of(body).await;
            self.result(head.status, &head.headers, body)?;
            panic!("the server answered `{method}` without a stream");
        }
        let mut events = EventStream::new(body);
        // From the acknowledgement on, no update is lost.
        while let Some(message) = events.next().await {
            if message["method"] == "notifications/subscriptions/acknowledged" {
                return Ok(events);
            }
            if message.get("error").is_some() {
                return Err(self.denial(head.status, &head.headers, message));
            }
        }
        panic!("the server acknowledged no subscription");
    }

    /// Returns the answer to a request. Before that, answers the requests of the server.
    async fn answer_of(&self, mut events: EventStream, session: Option<&str>) -> Value {
        while let Some(message) = events.next().await {
            let Some(asked) = message.get("method") else {
                return message;
            };
            let (Some(id), Some(answer)) = (message.get("id"), &self.answer) else {
                continue;
            };
            let request = json!({"method": asked, "params": message["params"]});
            let answer = json!({"jsonrpc": "2.0", "id": id, "result": answer("", &request)});
            self.send("", answer, session).await;
        }
        Value::Null
    }

    /// Builds a message. A notification has no id.
    fn message(&self, method: &str, mut params: Value) -> Value {
        if self.revision == STATELESS {
            params["_meta"] = json!({
                "io.modelcontextprotocol/protocolVersion": STATELESS,
                "io.modelcontextprotocol/clientInfo": {"name": "toolgate-testing", "version": "0"},
                "io.modelcontextprotocol/clientCapabilities": self.capabilities(),
            });
        }
        let mut message = json!({"jsonrpc": "2.0", "method": method, "params": params});
        if !method.starts_with("notifications/") {
            message["id"] = json!(1);
        }
        message
    }

    /// Returns the client capabilities: all if the caller answers requests, otherwise none.
    pub(super) fn capabilities(&self) -> Value {
        match self.answer {
            Some(_) => json!({"elicitation": {"form": {}, "url": {}}, "sampling": {}, "roots": {}}),
            None => json!({}),
        }
    }

    async fn send(&self, method: &str, message: Value, session: Option<&str>) -> Response<Body> {
        let mut request = self
            .headed(method, Method::POST, session)
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream");
        if self.revision == STATELESS {
            request = request.header("mcp-method", method);
            let mut names = ["name", "uri"].iter();
            if let Some(named) = names.find_map(|name| message["params"][*name].as_str()) {
                request = request.header("mcp-name", named);
            }
        }
        let request = request.body(Body::from(message.to_string()));
        self.server.send(request.expect("a valid request")).await
    }

    fn result(
        &self,
        status: StatusCode,
        headers: &HeaderMap,
        body: Value,
    ) -> Result<Output, Denial> {
        match (status.is_success(), body.get("error")) {
            (true, None) => Ok(Output(body.get("result").cloned().unwrap_or(Value::Null))),
            (_, _) => Err(self.denial(status, headers, body)),
        }
    }

    fn denial(&self, status: StatusCode, headers: &HeaderMap, body: Value) -> Denial {
        let token = self.token.as_ref();
        Denial {
            status: status.as_u16(),
            challenges: challenges(headers),
            body: Box::new(body),
            held: token.map_or_else(Vec::new, |token| token.scopes.clone()),
        }
    }

    /// Builds a request with the token, the session and the revision, and without a body.
    pub(super) fn headed(
        &self,
        rpc: &str,
        method: Method,
        session: Option<&str>,
    ) -> request::Builder {
        let resource = self.server.resource();
        let (_, address) = resource.split_once("://").unwrap_or_default();
        let (host, path) = address.split_at(address.find('/').unwrap_or(address.len()));
        let mut request = Request::builder()
            .method(method.clone())
            .uri(if path.is_empty() { "/" } else { path })
            .header("host", host);
        if let Some(token) = &self.token {
            let text = self.mint(token);
            request = match &token.key {
                Some(key) => {
                    let now = self.server.clock().now().seconds();
                    let proof = TokenBuilder::proof(key, method.as_str(), resource);
                    let proof = proof.claim("iat", json!(now)).about(&text).build();
                    request
                        .header("authorization", format!("DPoP {text}"))
                        .header("dpop", proof)
                }
                None => request.header("authorization", format!("Bearer {text}")),
            };
        }
        if let Some(session) = session {
            request = request.header("mcp-session-id", session);
        }
        match rpc {
            "initialize" => request,
            _ => request.header("mcp-protocol-version", self.revision),
        }
    }

    /// Mints the token of one request. Returns `None` for a caller without a token.
    pub(crate) fn token(&self) -> Option<String> {
        self.token.as_ref().map(|token| self.mint(token))
    }

    fn mint(&self, token: &Token) -> String {
        let issuer = self.server.issuer();
        let mut builder = match token.is_foreign {
            true => TokenBuilder::new("https://foreign.test", self.server.foreign_key()),
            false => issuer.token(),
        };
        let now = self.server.clock().now().seconds();
        let issued = if token.is_expired {
            now - 3600 - LIFETIME
        } else {
            now
        };
        builder = builder
            .claim("iat", json!(issued))
            .claim("exp", json!(issued + LIFETIME));
        if !token.scopes.is_empty() {
            builder = builder.scope(&token.scopes.join(" "));
        }
        if let Some(key) = &token.key {
            builder = builder.bound_to(key);
        }
        for (name, value) in &token.claims {
            builder = builder.claim(name, value.clone());
        }
        builder.build()
    }
}

pub(super) fn is_event_stream(headers: &HeaderMap) -> bool {
    let media_type = headers.get("content-type");
    media_type.is_some_and(|value| value.as_bytes().starts_with(b"text/event-stream"))
}

async fn json_of(body: Body) -> Value {
    let bytes = body.collect().await.expect("a complete answer").to_bytes();
    serde_json::from_slice(&bytes).unwrap_or(Value::Null)
}

fn challenges(headers: &HeaderMap) -> Vec<Challenge> {
    let texts = headers.get_all("www-authenticate").iter();
    texts
        .filter_map(|text| text.to_str().ok())
        .flat_map(Challenge::read_all)
        .collect()
}
