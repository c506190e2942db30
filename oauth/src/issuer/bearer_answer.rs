//! [`BearerAnswer`]: the successful answer of a token endpoint (RFC 6749 §5.1).

use serde_json::{Map, Value};

use crate::{credentials::BearerToken, json};

/// The maximum length of a token and of a code, the same as for tokens that this server accepts.
pub(super) const LONGEST: usize = 16 * 1024;

/// An answer with a bearer token that fits in a header.
pub(super) struct BearerAnswer {
    pub(super) token: BearerToken,
    members: Map<String, Value>,
}

impl BearerAnswer {
    /// Reads the body of an answer with the status 200.
    ///
    /// # Errors
    ///
    /// Returns the reason why the answer cannot be used, for the log.
    pub(super) fn read(body: &[u8]) -> Result<Self, &'static str> {
        let members = json::strict_object(body)
            .map_err(|_| "its answer is not a JSON object with each name once")?;
        let text = |name: &str| members.get(name).and_then(Value::as_str);
        // RFC 6749 §7.1: a client must not use a token of an unknown type.
        if !text("token_type").is_some_and(|kind| kind.eq_ignore_ascii_case("bearer")) {
            return Err("its token_type is not Bearer");
        }
        let token = text("access_token")
            .filter(|token| token.len() <= LONGEST)
            .and_then(|token| BearerToken::new(token).ok())
            .ok_or("its access_token is missing or does not fit in a header")?;
        Ok(Self { token, members })
    }

    /// Returns another member of the answer.
    pub(super) fn member(&self, name: &str) -> Option<&Value> {
        self.members.get(name)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_without_one_bearer_token_is_unusable() {
        let read = |text: &str| BearerAnswer::read(text.as_bytes());
        let good = r#"{"access_token":"abc","token_type":"bearer","expires_in":7}"#;
        let answer = read(good).ok().unwrap();
        assert_eq!(answer.token.as_str(), "abc");
        assert_eq!(answer.member("expires_in"), Some(&json!(7)));
        for text in [
            "",
            "[]",
            r#"{"access_token":"abc"}"#,
            r#"{"access_token":"abc","token_type":"DPoP"}"#,
            r#"{"access_token":"a b","token_type":"Bearer"}"#,
            r#"{"access_token":["abc"],"token_type":"Bearer"}"#,
            r#"{"access_token":"abc","access_token":"abd","token_type":"Bearer"}"#,
        ] {
            assert!(read(text).is_err(), "{text}");
        }
        let long = json!({"access_token": "a".repeat(LONGEST + 1), "token_type": "Bearer"});
        assert!(read(&long.to_string()).is_err());
    }
}
