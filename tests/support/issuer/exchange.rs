//! What an imitation answers when it is asked to exchange a token (RFC 8693).

use serde_json::{Value, json};

use super::{Answer, ImitationIssuer, Question};

impl ImitationIssuer {
    /// Answers with this when it is shown this token. To any other it gives an answer
    /// that is none.
    pub fn exchange(&self, token: &str, answer: Value) {
        let known = &mut self.shared.exchanges.state().known;
        known.insert(token.to_owned(), answer);
    }

    /// A good answer: this token, for five minutes.
    #[must_use]
    pub fn exchanged(token: &str) -> Value {
        json!({
            "access_token": token,
            "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
            "token_type": "Bearer",
            "expires_in": 300,
        })
    }

    /// Answers exchanges like this from now on.
    pub fn answer_exchanges(&self, answer: Answer) {
        self.shared.exchanges.state().answer = answer;
    }

    /// What it was asked to exchange so far.
    #[must_use]
    pub fn exchanges(&self) -> Vec<Question> {
        self.shared.exchanges.state().questions.clone()
    }
}
