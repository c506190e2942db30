//! Reads claims from introspection responses (RFC 7662 §2.2).

use std::time::Duration;

use serde_json::{Map, Value};
use tokio::time::Instant;

use super::{TokenError, issuer_keys::IssuerKeys, jwt, token_type};
use crate::{
    claims::Claims,
    clock::{Clock, UnixTime},
    credentials::BearerToken,
    issuer::{Introspection, IntrospectionError, Issuer},
    log_text::{QuotedText, Truncated},
};

/// The longest time that a response is cached, in seconds.
const LONGEST: u64 = 24 * 3600;

/// Introspects a token. Returns its claims, and until when the response may be cached.
pub(super) async fn introspected_claims(
    one: &IssuerKeys,
    token: &BearerToken,
    clock: &dyn Clock,
) -> Result<(Claims, Instant), TokenError> {
    let (members, introspection) = introspect(one, token, clock).await?;
    let issuer = &one.issuer;
    let refused = |error: String| jwt::type_refused(log_reason(issuer, &error));
    let members = completed(members, issuer, introspection).map_err(refused)?;
    check_type(&members)
        .and_then(|()| token_type::check_claims(&members, issuer))
        .map_err(refused)?;
    let claims = Claims::from_members(members, issuer.claim_mapping())
        .map_err(|error| jwt::malformed(&log_reason(issuer, &error.to_string())))?;
    let until = until(introspection, &claims, clock.now());
    Ok((claims, until))
}

/// Introspects a JWT whose signature is verified, to find out whether it is still active.
/// The claims of the JWT count, because they are signed. Refuses a response about another
/// token, one that does not describe an access token, and one with a different binding.
/// Returns until when the response may be cached.
pub(super) async fn introspect_verified_jwt(
    one: &IssuerKeys,
    token: &BearerToken,
    claims: &Claims,
    clock: &dyn Clock,
) -> Result<Instant, TokenError> {
    let (mut members, introspection) = introspect(one, token, clock).await?;
    let issuer = &one.issuer;
    if let Some(binding) = claims.get("cnf") {
        members.entry("cnf").or_insert_with(|| binding.clone());
    }
    check_type(&members).map_err(|error| jwt::type_refused(log_reason(issuer, &error)))?;
    let differs = |name: &str, ours: Option<&str>| match members.get(name) {
        None => false,
        Some(theirs) => ours.is_some() && theirs.as_str() != ours,
    };
    let iss = members
        .get("iss")
        .map(|iss| iss.as_str().unwrap_or_default());
    if iss.is_some_and(|iss| !issuer.is_spelled(iss))
        || differs("sub", claims.subject())
        || differs("client_id", claims.client_id())
        || members.get("cnf") != claims.get("cnf")
    {
        return Err(TokenError::invalid(log_reason(
            issuer,
            "its introspection response is about another token",
        )));
    }
    Ok(until(introspection, claims, clock.now()))
}

async fn introspect<'a>(
    one: &'a IssuerKeys,
    token: &BearerToken,
    clock: &dyn Clock,
) -> Result<(Map<String, Value>, &'a Introspection), TokenError> {
    let (Some(introspector), Some(introspection)) = (&one.introspector, one.issuer.introspection())
    else {
        return Err(not_offered());
    };
    match introspector.introspect(token, clock.now()).await {
        Ok(members) => Ok((members, introspection)),
        Err(IntrospectionError::Inactive) => Err(TokenError::invalid_with(
            "the access token is not active",
            log_reason(&one.issuer, "it says that the token is not active"),
        )),
        Err(IntrospectionError::NotOffered) => Err(not_offered()),
        Err(IntrospectionError::Unavailable {
            reason,
            retry_after,
        }) => {
            let caller = "the token cannot be verified now because introspection at its issuer failed; try again later";
            let log = log_reason(&one.issuer, &reason);
            Err(TokenError::unavailable_with(caller, log).with_retry_after(retry_after))
        }
    }
}

fn not_offered() -> TokenError {
    jwt::malformed("it is not a JWT, and its issuer offers no introspection")
}

/// Adds the claims that a response may omit. A different `iss` is a mix-up (RFC 9700 §4.4):
/// the response is not about a token of this issuer.
fn completed(
    mut members: Map<String, Value>,
    issuer: &Issuer,
    introspection: &Introspection,
) -> Result<Map<String, Value>, String> {
    match members.get("iss") {
        None => {
            members.insert("iss".to_owned(), issuer.name().into());
        }
        Some(Value::String(iss)) if issuer.is_spelled(iss) => {}
        Some(iss) => {
            let iss = iss.to_string();
            return Err(format!("it answers for {}", QuotedText(&iss, 160)));
        }
    }
    if let Some(audience) = introspection.missing_audience()
        && !members.contains_key("aud")
    {
        members.insert("aud".to_owned(), audience.into());
    }
    Ok(members)
}

/// RFC 7662 §2.1: the endpoint also introspects refresh tokens. `token_type` (RFC 6749
/// §5.1) identifies them; without it, only the audience check refuses them.
fn check_type(members: &Map<String, Value>) -> Result<(), String> {
    for name in ["token_type", "token_use"] {
        let kind = match members.get(name) {
            None => continue,
            Some(Value::String(kind)) => kind.to_ascii_lowercase(),
            Some(_) => return Err(format!("its {name} is not a string")),
        };
        if !matches!(
            kind.as_str(),
            // Names of an access token in RFC 6750, RFC 9449, RFC 8693 and in practice.
            "bearer"
                | "dpop"
                | "access_token"
                | "access"
                | "urn:ietf:params:oauth:token-type:access_token"
        ) {
            return Err(format!("its {name} is {}", QuotedText(&kind, 64)));
        }
        // RFC 9449 §6.2: without the key in `cnf`, the binding cannot be checked.
        if kind == "dpop" && !members.contains_key("cnf") {
            return Err("it is bound to a key that the response does not name".to_owned());
        }
    }
    Ok(())
}

/// Returns until when a response may be cached: at most the configured time, and never
/// beyond the token's expiry.
fn until(introspection: &Introspection, claims: &Claims, now: UnixTime) -> Instant {
    let lasts = Duration::from_secs(claims.expires_at().since(now).min(LONGEST));
    Instant::now() + introspection.cache_time().min(lasts)
}

fn log_reason(issuer: &Issuer, error: &str) -> String {
    format!(
        "{} (introspected at {})",
        Truncated(error, 300),
        QuotedText(issuer.name(), 160)
    )
}
