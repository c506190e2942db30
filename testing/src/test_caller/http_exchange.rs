//! One HTTP exchange of a caller: its token, its headers, and the answer.

use axum::{
    body::Body,
    http::{HeaderMap, Method, Request, request},
};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use toolgate::auth::Clock;

use super::{LIFETIME, STATELESS, TestCaller, Token};
use crate::{Challenge, Denial, Output, TokenBuilder};

impl TestCaller<'_> {
    /// Sends one message. Returns the result and the headers of the answer.
    pub(super) async fn post(
        &self,
        method: &str,
        mut params: Value,
        session: Option<&str>,
    ) -> (Result<Output, Denial>, HeaderMap) {
        let named = ["name", "uri"]
            .iter()
            .find_map(|name| params[*name].as_str());
        let mut request = self
            .headed(method, Method::POST, session)
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream");
        if self.revision == STATELESS {
            request = request.header("mcp-method", method);
            if let Some(named) = named {
                request = request.header("mcp-name", named);
            }
            params["_meta"] = json!({
                "io.modelcontextprotocol/protocolVersion": STATELESS,
                "io.modelcontextprotocol/clientInfo": {"name": "toolgate-testing", "version": "0"},
                "io.modelcontextprotocol/clientCapabilities":
                    self.answer.as_ref().map_or(json!({}), |_| json!({"elicitation": {}})),
            });
        }
        let mut message = json!({"jsonrpc": "2.0", "method": method, "params": params});
        if !method.starts_with("notifications/") {
            message["id"] = json!(1);
        }
        let request = request.body(Body::from(message.to_string()));
        let response = self.server.send(request.expect("a valid request")).await;
        let (head, body) = response.into_parts();
        let bytes = body.collect().await.expect("a complete answer").to_bytes();
        let body = message_of(&String::from_utf8_lossy(&bytes));
        let result = match (head.status.is_success(), body.get("error")) {
            (true, None) => Ok(Output(body.get("result").cloned().unwrap_or(Value::Null))),
            (_, _) => Err(Denial {
                status: head.status.as_u16(),
                challenges: challenges(&head.headers),
                body,
                held: self
                    .token
                    .as_ref()
                    .map_or_else(Vec::new, |token| token.scopes.clone()),
            }),
        };
        (result, head.headers)
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

/// Returns the last message of an answer, which may be an event stream.
fn message_of(text: &str) -> Value {
    let events = text.lines().filter_map(|line| line.strip_prefix("data:"));
    let event = events.map(str::trim).rfind(|data| !data.is_empty());
    serde_json::from_str(event.unwrap_or(text)).unwrap_or(Value::Null)
}

fn challenges(headers: &HeaderMap) -> Vec<Challenge> {
    let texts = headers.get_all("www-authenticate").iter();
    texts
        .filter_map(|text| text.to_str().ok())
        .flat_map(Challenge::read_all)
        .collect()
}
