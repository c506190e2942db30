//! The formats of the tokens that are issued here.

use serde_json::{Map, Value};

use crate::{issuer_state::IssuerState, sealed_values::Purpose};

/// Builds the refresh token of a family with this number.
pub(crate) fn refresh_token(issuer: &IssuerState, grant: &str, number: u64) -> String {
    let payload = format!("{grant} {number}");
    issuer.seal.close(Purpose::Refresh, payload.as_bytes())
}

/// Returns the family and the number of a refresh token that was issued here.
pub(crate) fn open_refresh_token(issuer: &IssuerState, token: &str) -> Option<(String, u64)> {
    let payload = String::from_utf8(issuer.seal.open(Purpose::Refresh, token)?).ok()?;
    let (grant, number) = payload.split_once(' ')?;
    Some((grant.to_owned(), number.parse().ok()?))
}

/// Returns the claims of an access token that was issued here and is neither expired nor
/// revoked.
pub(crate) fn open_access_token(issuer: &IssuerState, text: &str) -> Option<Map<String, Value>> {
    let now = issuer.now();
    let claims = issuer.key.open(text)?;
    let id = text_claim(&claims, "jti");
    let (grant, _) = id.split_once('.')?;
    let expires = claims.get("exp")?.as_u64()?;
    let memory = issuer.memory();
    let is_inactive = expires <= now || memory.is_revoked(id, now) || memory.is_revoked(grant, now);
    (!is_inactive).then_some(claims)
}

/// Returns the text of a claim, or the empty text.
pub(crate) fn text_claim<'a>(claims: &'a Map<String, Value>, name: &str) -> &'a str {
    claims.get(name).and_then(Value::as_str).unwrap_or_default()
}
