//! Introspection (RFC 7662) at an imitation issuer.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard},
};

use axum::{body::to_bytes, extract::Request, http::header::AUTHORIZATION};
use serde_json::{Value, json};

use super::{IssuerResponse, MockIssuer};

/// One introspection request.
#[derive(Debug, Clone)]
pub struct Question {
    /// The `Authorization` header.
    pub authorization: Option<String>,
    /// The form parameters; of repeated ones, the last.
    pub form: BTreeMap<String, String>,
    /// The header `traceparent`.
    pub traceparent: Option<String>,
}

/// The issuer's token state, and the requests so far.
pub(super) struct Register(Mutex<State>);

pub(super) struct State {
    pub(super) known: BTreeMap<String, Value>,
    pub(super) answer: IssuerResponse,
    pub(super) questions: Vec<Question>,
    open: usize,
    most_open: usize,
}

impl Default for Register {
    fn default() -> Self {
        Self(Mutex::new(State {
            known: BTreeMap::new(),
            answer: IssuerResponse::Good,
            questions: Vec::new(),
            open: 0,
            most_open: 0,
        }))
    }
}

impl Register {
    /// Handles a request. Returns the response and the behaviour.
    pub(super) async fn ask(&self, request: Request) -> (Value, IssuerResponse) {
        let authorization = request.headers().get(AUTHORIZATION);
        let authorization = authorization.map(|value| value.to_str().expect("ASCII").to_owned());
        let traceparent = request.headers().get("traceparent");
        let traceparent = traceparent.map(|value| value.to_str().expect("ASCII").to_owned());
        let body = to_bytes(request.into_body(), 64 * 1024)
            .await
            .expect("a small body");
        let url = format!("http://x/?{}", String::from_utf8_lossy(&body));
        let url = reqwest::Url::parse(&url).expect("a form");
        let form: BTreeMap<_, _> = url.query_pairs().into_owned().collect();
        let mut state = self.state();
        let names = ["token", "access_token", "subject_token"];
        let token = names.iter().find_map(|name| form.get(*name));
        let known = token.and_then(|token| state.known.get(token)).cloned();
        state.questions.push(Question {
            authorization,
            form,
            traceparent,
        });
        let known = known.unwrap_or_else(|| json!({"active": false}));
        (known, state.answer.clone())
    }

    /// Counts a request as open until the return value is dropped.
    pub(super) fn open(&self) -> Open<'_> {
        let mut state = self.state();
        state.open += 1;
        state.most_open = state.most_open.max(state.open);
        Open(self)
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no test panics with it")
    }
}

/// A request without a response yet.
pub(super) struct Open<'a>(&'a Register);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.state().open -= 1;
    }
}

impl MockIssuer {
    /// Sets the response for this token. All other tokens are inactive.
    pub fn know(&self, token: &str, answer: Value) {
        let known = &mut self.shared.register.state().known;
        known.insert(token.to_owned(), answer);
    }

    /// Makes this token inactive.
    pub fn revoke(&self, token: &str) {
        self.shared.register.state().known.remove(token);
    }

    /// Sets the behaviour of introspection requests.
    pub fn answer_questions(&self, answer: IssuerResponse) {
        self.shared.register.state().answer = answer;
    }

    /// Returns the introspection requests so far.
    #[must_use]
    pub fn questions(&self) -> Vec<Question> {
        self.shared.register.state().questions.clone()
    }

    /// Returns the most requests that were open at the same time.
    #[must_use]
    pub fn most_questions_at_once(&self) -> usize {
        self.shared.register.state().most_open
    }

    /// Returns a valid response for a token of alice: active for ten minutes, for this
    /// audience.
    #[must_use]
    pub fn active(&self, audience: &str, scope: &str) -> Value {
        let token = self.token();
        let claims = token.claims();
        json!({
            "active": true, "iss": self.url(), "sub": "alice", "client_id": "client-1",
            "aud": audience, "scope": scope, "exp": claims["exp"], "iat": claims["iat"],
            "token_type": "Bearer",
        })
    }
}
