//! What an issuer's answer about a token means (RFC 7662 §2.2).

use std::time::Duration;

use serde_json::{Map, Value};
use tokio::time::Instant;

use super::{TokenError, issuers::Trusted, jwt, kind};
use crate::{
    bearer::BearerToken,
    claims::Claims,
    clock::{Clock, UnixTime},
    issuer::{Capped, Introspection, Issuer, Quoted, Unanswered},
};

/// No answer is used for longer than a day, in seconds.
const LONGEST: u64 = 24 * 3600;

/// Asks an issuer what a token says, and until when the answer may be used.
pub(super) async fn claims(
    one: &Trusted,
    token: &BearerToken,
    clock: &dyn Clock,
) -> Result<(Claims, Instant), TokenError> {
    let (members, introspection) = ask(one, token, clock).await?;
    let issuer = &one.issuer;
    let refused = |fault: String| jwt::kind_refused(told(issuer, &fault));
    let members = completed(members, issuer, introspection).map_err(refused)?;
    judge_type(&members)
        .and_then(|()| kind::judge_claims(&members, issuer))
        .map_err(refused)?;
    let claims = Claims::from_members(members, issuer.reading())
        .map_err(|fault| jwt::malformed(&told(issuer, &fault.to_string())))?;
    let until = until(introspection, &claims, clock.now());
    Ok((claims, until))
}

/// Asks an issuer whether it still stands by a JWT of its own. What the JWT says counts,
/// because it is signed; an answer that speaks of somebody else is none, and one that calls
/// it something else than an access token, or bound otherwise than it says, is a refusal.
pub(super) async fn confirm(
    one: &Trusted,
    token: &BearerToken,
    claims: &Claims,
    clock: &dyn Clock,
) -> Result<Instant, TokenError> {
    let (mut members, introspection) = ask(one, token, clock).await?;
    let issuer = &one.issuer;
    if let Some(binding) = claims.get("cnf") {
        members.entry("cnf").or_insert_with(|| binding.clone());
    }
    judge_type(&members).map_err(|fault| jwt::kind_refused(told(issuer, &fault)))?;
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
        return Err(TokenError::invalid(told(
            issuer,
            "its answer is about another token than the one it was asked about",
        )));
    }
    Ok(until(introspection, claims, clock.now()))
}

async fn ask<'a>(
    one: &'a Trusted,
    token: &BearerToken,
    clock: &dyn Clock,
) -> Result<(Map<String, Value>, &'a Introspection), TokenError> {
    let (Some(introspector), Some(introspection)) = (&one.introspector, one.issuer.introspection())
    else {
        return Err(not_offered());
    };
    match introspector.ask(token, clock.now()).await {
        Ok(members) => Ok((members, introspection)),
        Err(Unanswered::Inactive) => Err(TokenError::refused(
            "the access token is not active",
            told(&one.issuer, "it says that the token is not active"),
        )),
        Err(Unanswered::NotOffered) => Err(not_offered()),
        Err(Unanswered::Unavailable {
            reason,
            retry_after,
        }) => {
            let caller = "the token cannot be verified now because its issuer does not answer questions about it; try again later";
            let log = told(&one.issuer, &reason);
            Err(TokenError::unanswered(caller, log).with_retry_after(retry_after))
        }
    }
}

fn not_offered() -> TokenError {
    jwt::malformed("it is no JWT, and its issuer answers no questions about others")
}

/// Adds what an answer may leave out. That `iss` is there and another one is a mix-up
/// (RFC 9700 §4.4): the answer is not about a token of this issuer.
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
            return Err(format!("it answers for {}", Quoted(&iss, 160)));
        }
    }
    if let Some(audience) = introspection.missing_audience()
        && !members.contains_key("aud")
    {
        members.insert("aud".to_owned(), audience.into());
    }
    Ok(members)
}

/// RFC 7662 §2.1: the endpoint answers about refresh tokens as well. A `token_type` (RFC
/// 6749 §5.1) tells; where it is absent the audience stands guard.
fn judge_type(members: &Map<String, Value>) -> Result<(), String> {
    for name in ["token_type", "token_use"] {
        let kind = match members.get(name) {
            None => continue,
            Some(Value::String(kind)) => kind.to_ascii_lowercase(),
            Some(_) => return Err(format!("its {name} is not a string")),
        };
        if !matches!(
            kind.as_str(),
            // How RFC 6750, RFC 9449 and RFC 8693 name an access token, and how servers do.
            "bearer"
                | "dpop"
                | "access_token"
                | "access"
                | "urn:ietf:params:oauth:token-type:access_token"
        ) {
            return Err(format!("its {name} is {}", Quoted(&kind, 64)));
        }
        // RFC 9449 §6.2: without the key in `cnf` nothing would tell that it is bound.
        if kind == "dpop" && !members.contains_key("cnf") {
            return Err("it is bound to a key, and the answer does not say to which".to_owned());
        }
    }
    Ok(())
}

/// An answer is used no longer than it may be, and no longer than the token lasts.
fn until(introspection: &Introspection, claims: &Claims, now: UnixTime) -> Instant {
    let lasts = Duration::from_secs(claims.expires_at().since(now).min(LONGEST));
    Instant::now() + introspection.keep().min(lasts)
}

fn told(issuer: &Issuer, fault: &str) -> String {
    format!(
        "{} (asked of {})",
        Capped(fault, 300),
        Quoted(issuer.name(), 160)
    )
}
