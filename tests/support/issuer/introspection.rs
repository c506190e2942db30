//! What an imitation answers when it is asked about tokens (RFC 7662).

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard},
};

use axum::{body::to_bytes, extract::Request, http::header::AUTHORIZATION};
use serde_json::{Value, json};

use super::{Answer, ImitationIssuer};

/// One question that was asked.
#[derive(Debug, Clone)]
pub struct Question {
    /// The `Authorization` header.
    pub authorization: Option<String>,
    /// The members of the form; of one that is repeated, the last.
    pub form: BTreeMap<String, String>,
}

/// What the issuer knows of tokens, and who asked.
pub(super) struct Register(Mutex<State>);

pub(super) struct State {
    pub(super) known: BTreeMap<String, Value>,
    pub(super) answer: Answer,
    pub(super) questions: Vec<Question>,
    open: usize,
    most_open: usize,
}

impl Default for Register {
    fn default() -> Self {
        Self(Mutex::new(State {
            known: BTreeMap::new(),
            answer: Answer::Good,
            questions: Vec::new(),
            open: 0,
            most_open: 0,
        }))
    }
}

impl Register {
    /// Takes a question; what is to be answered, and how.
    pub(super) async fn ask(&self, request: Request) -> (Value, Answer) {
        let authorization = request.headers().get(AUTHORIZATION);
        let authorization = authorization.map(|value| value.to_str().expect("ASCII").to_owned());
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
        });
        let known = known.unwrap_or_else(|| json!({"active": false}));
        (known, state.answer.clone())
    }

    /// Notes that a question is open, until what this returns is dropped.
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

/// A question that was not answered yet.
pub(super) struct Open<'a>(&'a Register);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.state().open -= 1;
    }
}

impl ImitationIssuer {
    /// Answers with this when it is asked about this token; about any other, that it is
    /// not active.
    pub fn know(&self, token: &str, answer: Value) {
        let known = &mut self.shared.register.state().known;
        known.insert(token.to_owned(), answer);
    }

    /// Knows this token no more.
    pub fn revoke(&self, token: &str) {
        self.shared.register.state().known.remove(token);
    }

    /// Answers questions about tokens like this from now on.
    pub fn answer_questions(&self, answer: Answer) {
        self.shared.register.state().answer = answer;
    }

    /// What it was asked so far.
    #[must_use]
    pub fn questions(&self) -> Vec<Question> {
        self.shared.register.state().questions.clone()
    }

    /// How many questions were open at once, at most.
    #[must_use]
    pub fn most_questions_at_once(&self) -> usize {
        self.shared.register.state().most_open
    }

    /// A good answer for a token of alice: active for ten minutes, for this audience.
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
