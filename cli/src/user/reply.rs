//! What a server's response means to a client.

use serde_json::{Map, Value};

use crate::{
    challenge::{self, Challenge},
    http::Response,
};

/// The member of `_meta` with challenges, where a host expects them in a tool's result.
const CHALLENGES: &str = "mcp/www_authenticate";

/// A response to one request.
#[derive(Debug)]
pub(super) enum Reply {
    Result(Map<String, Value>),
    /// No token, or one that is not accepted.
    Unauthorized(Option<Challenge>),
    /// The token lacks a scope.
    LacksScope(Challenge),
    /// A JSON-RPC error: its code and message.
    Error(i64, String),
    /// Neither: its status.
    Other(String),
}

impl Reply {
    pub(super) fn of(response: &Response) -> Self {
        let bearer = || {
            let all = challenge::read(&response.values("www-authenticate")).ok()?;
            all.into_iter().find(Challenge::is_bearer)
        };
        match response.status {
            401 => return Self::Unauthorized(bearer()),
            403 => {
                if let Some(bearer) = bearer().filter(lacks_scope) {
                    return Self::LacksScope(bearer);
                }
            }
            _ => {}
        }
        let Some(mut message) = response.message() else {
            return Self::Other(response.brief());
        };
        if let Some(Value::Object(result)) = message.get_mut("result").map(Value::take) {
            return match denial(&result) {
                Some(bearer) if lacks_scope(&bearer) => Self::LacksScope(bearer),
                Some(bearer) => Self::Unauthorized(Some(bearer)),
                None => Self::Result(result),
            };
        }
        match message["error"]["code"].as_i64() {
            Some(code) => {
                let text = message["error"]["message"].as_str().unwrap_or_default();
                Self::Error(code, text.to_owned())
            }
            None => Self::Other(response.brief()),
        }
    }
}

fn lacks_scope(bearer: &Challenge) -> bool {
    bearer.get("error") == Some("insufficient_scope")
}

/// Returns the challenge of a result that denies the call.
fn denial(result: &Map<String, Value>) -> Option<Challenge> {
    if result.get("isError") != Some(&Value::Bool(true)) {
        return None;
    }
    let challenges = result.get("_meta")?.get(CHALLENGES)?.as_array()?;
    let first = challenges.first()?.as_str()?;
    let all = Challenge::read_all(first.as_bytes()).ok()?;
    all.into_iter().find(Challenge::is_bearer)
}
