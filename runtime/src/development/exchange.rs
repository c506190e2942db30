//! Token exchange (RFC 8693): a server that was called gets a token for an API behind it.
//!
//! A server that asks has credentials, as it will have in earnest. They are taken as they
//! are, because whoever reaches this issuer is whom they say they are; but no page may
//! ask, since any page can be here. What is never given is a token for the server itself:
//! it could have scopes that nobody has consented to.

use axum::{
    http::{
        HeaderMap, StatusCode,
        header::{AUTHORIZATION, ORIGIN},
    },
    response::Response,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Map, Value, json};
use url::{Url, form_urlencoded};

use super::{
    OFFLINE_ACCESS, Provider,
    answer::{OAuthError, unkept},
    consent,
    memory::TOKEN_LIFE,
    parameters::Parameters,
    revocation, seal,
};

/// What the grant and the kind of token are called (RFC 8693 §2.1 and §3).
pub(super) const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

pub(super) fn exchange(
    provider: &Provider,
    headers: &HeaderMap,
    form: &Parameters,
) -> Result<Response, OAuthError> {
    if headers.contains_key(ORIGIN) {
        return Err(OAuthError::new(
            "unauthorized_client",
            "a page cannot exchange tokens",
        ));
    }
    let client = client(headers, form)?;
    for (name, needed) in [
        ("subject_token_type", true),
        ("requested_token_type", false),
    ] {
        let kind = form.one(name)?;
        if kind.map_or(needed, |kind| kind != ACCESS_TOKEN) {
            return Err(OAuthError::new(
                "invalid_request",
                "only access tokens are exchanged, and for access tokens",
            ));
        }
    }
    if form.all("actor_token").next().is_some() {
        return Err(OAuthError::new(
            "invalid_request",
            "an actor token is of no use here: the client is the actor",
        ));
    }
    let presented = form.needed("subject_token", "subject_token is missing")?;
    let subject = revocation::access_token(provider, presented)
        .filter(|claims| claims.get("aud").and_then(Value::as_str) == Some(&provider.settings.resource))
        .ok_or(OAuthError::new(
            "invalid_grant",
            "the subject token is unknown, has ended, or is none of this issuer's for its own server",
        ))?;
    let targets = targets(provider, form)?;
    let scopes = scopes(form)?;
    issue(provider, &client, &subject, targets, &scopes)
}

/// The client, by any of the ways in which one shows its credentials.
fn client(headers: &HeaderMap, form: &Parameters) -> Result<String, OAuthError> {
    let unknown = OAuthError::new("invalid_client", "nothing says which client this is")
        .with_status(StatusCode::UNAUTHORIZED);
    let id = match headers.get(AUTHORIZATION) {
        Some(header) => basic(header.to_str().unwrap_or_default()).ok_or(unknown)?,
        None => form.one("client_id")?.ok_or(unknown)?.to_owned(),
    };
    // It stands in tokens and in the log, as the name of a person does.
    consent::subject(&id).ok_or(unknown)
}

/// The client of `client_secret_basic` (RFC 6749 §2.3.1).
fn basic(header: &str) -> Option<String> {
    let (scheme, pair) = header.split_once(' ')?;
    let pair = BASE64_STANDARD.decode(pair.trim()).ok()?;
    let id = pair.split(|byte| *byte == b':').next()?;
    let (id, _) = form_urlencoded::parse(id).next()?;
    scheme
        .eq_ignore_ascii_case("basic")
        .then(|| id.into_owned())
}

/// RFC 8693 §2.1: by URL or by name, each as often as needed.
fn targets(provider: &Provider, form: &Parameters) -> Result<Vec<String>, OAuthError> {
    let settings = &provider.settings;
    let is_url =
        |text: &str| Url::parse(text).is_ok_and(|url| url.has_host() && url.fragment().is_none());
    if !form.all("resource").all(is_url) {
        return Err(OAuthError::new(
            "invalid_target",
            "a resource must be an absolute URL without a fragment",
        ));
    }
    let targets = form.all("resource").chain(form.all("audience"));
    let targets: Vec<_> = targets.filter(|name| !name.is_empty()).collect();
    let is_own = |name: &&str| {
        settings.resource == *name || settings.audiences.iter().any(|own| own == name)
    };
    if targets.is_empty() || targets.iter().any(is_own) {
        return Err(OAuthError::new(
            "invalid_target",
            "name a resource or an audience, other than the server that the subject token is for",
        ));
    }
    Ok(targets.into_iter().map(str::to_owned).collect())
}

/// What is asked for. The scopes of another server are not known here.
fn scopes(form: &Parameters) -> Result<String, OAuthError> {
    let asked = form.one("scope")?.unwrap_or_default();
    let is_scope = |text: &str| {
        text.bytes()
            .all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
    };
    let scopes: Vec<_> = asked
        .split(' ')
        .filter(|scope| !scope.is_empty() && *scope != OFFLINE_ACCESS)
        .collect();
    match scopes.iter().all(|scope| is_scope(scope)) {
        true => Ok(scopes.join(" ")),
        false => Err(OAuthError::new("invalid_scope", "a scope is none")),
    }
}

/// The answer of RFC 8693 §2.2.1. The token ends with the one that it was exchanged for,
/// by its hour and by its grant.
fn issue(
    provider: &Provider,
    client: &str,
    subject: &Map<String, Value>,
    targets: Vec<String>,
    scope: &str,
) -> Result<Response, OAuthError> {
    let now = provider.now();
    let ends = subject.get("exp").and_then(Value::as_u64).unwrap_or(0);
    let ends = ends.min(now.plus(TOKEN_LIFE).seconds());
    let grant = revocation::string(subject, "jti");
    let grant = grant.split('.').next().unwrap_or_default();
    let claims = json!({
        "iss": provider.settings.origin,
        "sub": subject.get("sub"),
        "aud": targets,
        "exp": ends,
        "iat": now.seconds(),
        "jti": format!("{grant}.{}", seal::random()?),
        "client_id": client,
        // RFC 8693 §4.1: it acts for the subject and is not them.
        "act": {"sub": client},
        "scope": scope,
    });
    let token = provider.key.sign(&claims).map_err(|_| {
        tracing::error!("the development issuer cannot sign");
        OAuthError::ours()
    })?;
    let body = json!({
        "access_token": token,
        "issued_token_type": ACCESS_TOKEN,
        "token_type": "Bearer",
        "expires_in": ends.saturating_sub(now.seconds()),
        "scope": scope,
    });
    Ok(unkept(StatusCode::OK, &body))
}
