//! The actors of an exchanged token (RFC 8693 §4.1), and the party that may act (§4.4).

use serde_json::{Map, Value, json};

use crate::{json_response::OAuthError, settings::Settings};

/// The maximum number of actors, the same as in tokens that the server accepts.
const MOST: usize = 8;

/// Builds `act` for a client that acts now. The actors of the subject token stay behind it, in
/// their order: an exchange that dropped one would hide who has acted.
pub(crate) fn with_actor(subject: &Map<String, Value>, client: &str) -> Result<Value, OAuthError> {
    let earlier = subject.get("act");
    let mut depth = 0;
    let mut inner = earlier;
    while let Some(act) = inner {
        depth += 1;
        inner = act.get("act");
    }
    if depth >= MOST {
        return Err(OAuthError::new(
            "invalid_request",
            "the subject token has as many actors as a token may have",
        ));
    }
    let mut act = json!({"sub": client});
    if let (Some(earlier), Some(members)) = (earlier, act.as_object_mut()) {
        members.insert("act".to_owned(), earlier.clone());
    }
    Ok(act)
}

/// Checks that the subject token permits this client to act, if it has `may_act`.
pub(crate) fn check_may_act(
    settings: &Settings,
    subject: &Map<String, Value>,
    client: &str,
) -> Result<(), OAuthError> {
    let Some(may_act) = subject.get("may_act") else {
        return Ok(());
    };
    let is_named = may_act.get("sub").and_then(Value::as_str) == Some(client);
    let issuer = may_act.get("iss");
    let is_ours = issuer.is_none_or(|iss| iss.as_str() == Some(&settings.origin));
    match is_named && is_ours {
        true => Ok(()),
        false => Err(OAuthError::new(
            "unauthorized_client",
            "the subject token names another party that may act for its subject",
        )),
    }
}
