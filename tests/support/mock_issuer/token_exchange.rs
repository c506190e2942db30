//! Token exchange (RFC 8693) at an imitation issuer.

use serde_json::{Value, json};

use super::{IssuerResponse, MockIssuer, Question};

impl MockIssuer {
    /// Sets the response for this token. Other tokens get an invalid response.
    pub fn exchange(&self, token: &str, answer: Value) {
        let known = &mut self.shared.exchanges.state().known;
        known.insert(token.to_owned(), answer);
    }

    /// Returns a valid response: this token, for five minutes.
    #[must_use]
    pub fn exchanged(token: &str) -> Value {
        json!({
            "access_token": token,
            "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
            "token_type": "Bearer",
            "expires_in": 300,
        })
    }

    /// Sets the behaviour of exchange requests.
    pub fn answer_exchanges(&self, answer: IssuerResponse) {
        self.shared.exchanges.state().answer = answer;
    }

    /// Returns the exchange requests so far.
    #[must_use]
    pub fn exchanges(&self) -> Vec<Question> {
        self.shared.exchanges.state().questions.clone()
    }
}
