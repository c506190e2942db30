//! Token exchange (RFC 8693): a resource server gets a token for an upstream API.
//!
//! The server sends credentials, as in production. Those of a client that has registered with
//! credentials are verified. Others are not, because this issuer trusts every local program; but
//! web pages may not exchange tokens, because any page can send requests here.
//!
//! A token for the resource server itself is issued only for a token of that server, and without
//! any scope that it does not have: the person did not consent to others. So an agent can act for
//! the person at the server, and each exchange adds the agent to `act`.

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

use crate::{
    actor_chain, client_authentication,
    form_parameters::FormParameters,
    grant_store::TOKEN_LIFE,
    issued_tokens,
    issuer_state::IssuerState,
    json_response::{OAuthError, uncached_json},
    sealed_values,
    settings::OFFLINE_ACCESS,
    subject_name,
};

/// The grant type and the token type (RFC 8693 §2.1 and §3).
pub(crate) const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

pub(crate) fn exchange(
    issuer: &IssuerState,
    headers: &HeaderMap,
    form: &FormParameters,
) -> Result<Response, OAuthError> {
    if headers.contains_key(ORIGIN) {
        return Err(OAuthError::new(
            "unauthorized_client",
            "a web page cannot exchange tokens",
        ));
    }
    let client = match client_authentication::is_confidential(headers, form)? {
        true => client_authentication::authenticate(issuer, headers, form)?.id,
        false => client(headers, form)?,
    };
    for (name, needed) in [
        ("subject_token_type", true),
        ("requested_token_type", false),
    ] {
        let kind = form.one(name)?;
        if kind.map_or(needed, |kind| kind != ACCESS_TOKEN) {
            return Err(OAuthError::new(
                "invalid_request",
                "only access tokens can be exchanged, and only for access tokens",
            ));
        }
    }
    if form.all("actor_token").next().is_some() {
        return Err(OAuthError::new(
            "invalid_request",
            "actor_token is not supported: the client is the actor",
        ));
    }
    let presented = form.required("subject_token", "subject_token is missing")?;
    let subject = issued_tokens::open_access_token(issuer, presented)
        .filter(|claims| is_for(claims, &issuer.settings.resource) || is_for(claims, &client))
        .ok_or(OAuthError::new(
            "invalid_grant",
            "the subject token is unknown, expired, revoked, or not a token of this issuer for its own server or for this client",
        ))?;
    actor_chain::check_may_act(&issuer.settings, &subject, &client)?;
    let scopes = scopes(form)?;
    if names_own_server(issuer, form, &subject, &scopes) {
        let own = vec![issuer.settings.resource.clone()];
        return issue(issuer, &client, &subject, own, &scopes);
    }
    let targets = targets(issuer, form)?;
    issue(issuer, &client, &subject, targets, &scopes)
}

/// Returns whether a token has this audience.
fn is_for(claims: &Map<String, Value>, audience: &str) -> bool {
    match claims.get("aud") {
        Some(Value::String(one)) => one == audience,
        Some(Value::Array(many)) => many.iter().any(|one| one == audience),
        _ => false,
    }
}

/// Returns whether a token of the resource server is exchanged for another one of that server
/// alone. A token for another server does not count, because its scopes are not known here, and
/// neither does a token that is bound to a key, which the new token would not be.
fn names_own_server(
    issuer: &IssuerState,
    form: &FormParameters,
    subject: &Map<String, Value>,
    scopes: &str,
) -> bool {
    let own = &issuer.settings.resource;
    let is_alone = form.all("audience").next().is_none()
        && form.all("resource").count() == 1
        && form.all("resource").all(|one| one == own);
    let held: Vec<_> = issued_tokens::text_claim(subject, "scope")
        .split(' ')
        .collect();
    let mut requested = scopes.split(' ').filter(|scope| !scope.is_empty());
    is_alone
        && is_for(subject, own)
        && !subject.contains_key("cnf")
        && requested.all(|scope| held.contains(&scope))
}

/// Returns the client id from any supported client authentication.
fn client(headers: &HeaderMap, form: &FormParameters) -> Result<String, OAuthError> {
    let unknown = OAuthError::new("invalid_client", "the client is not identified")
        .with_status(StatusCode::UNAUTHORIZED);
    let id = match headers.get(AUTHORIZATION) {
        Some(header) => basic(header.to_str().unwrap_or_default()).ok_or(unknown)?,
        None => form.one("client_id")?.ok_or(unknown)?.to_owned(),
    };
    // The id is in tokens and in the log, like the name of a person.
    subject_name::parse(&id).ok_or(unknown)
}

/// Returns the client id of `client_secret_basic` (RFC 6749 §2.3.1).
fn basic(header: &str) -> Option<String> {
    let (scheme, pair) = header.split_once(' ')?;
    let pair = BASE64_STANDARD.decode(pair.trim()).ok()?;
    let id = pair.split(|byte| *byte == b':').next()?;
    let (id, _) = form_urlencoded::parse(id).next()?;
    scheme
        .eq_ignore_ascii_case("basic")
        .then(|| id.into_owned())
}

/// RFC 8693 §2.1: targets are URLs or names, each repeatable.
fn targets(issuer: &IssuerState, form: &FormParameters) -> Result<Vec<String>, OAuthError> {
    let settings = &issuer.settings;
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

/// Returns the requested scopes. The scopes of another server are not known here.
fn scopes(form: &FormParameters) -> Result<String, OAuthError> {
    let requested = form.one("scope")?.unwrap_or_default();
    let is_scope = |text: &str| {
        text.bytes()
            .all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
    };
    let scopes: Vec<_> = requested
        .split(' ')
        .filter(|scope| !scope.is_empty() && *scope != OFFLINE_ACCESS)
        .collect();
    match scopes.iter().all(|scope| is_scope(scope)) {
        true => Ok(scopes.join(" ")),
        false => Err(OAuthError::new("invalid_scope", "a scope is not valid")),
    }
}

/// Builds the answer of RFC 8693 §2.2.1. The token expires, and is revoked, with the subject
/// token.
fn issue(
    issuer: &IssuerState,
    client: &str,
    subject: &Map<String, Value>,
    targets: Vec<String>,
    scope: &str,
) -> Result<Response, OAuthError> {
    let now = issuer.now();
    let ends = subject.get("exp").and_then(Value::as_u64).unwrap_or(0);
    let ends = ends.min(now.saturating_add(TOKEN_LIFE));
    let is_own = targets == [issuer.settings.resource.as_str()];
    let grant = issued_tokens::text_claim(subject, "jti");
    let grant = grant.split('.').next().unwrap_or_default();
    let mut claims = json!({
        "iss": issuer.settings.origin,
        "sub": subject.get("sub"),
        "aud": targets,
        "exp": ends,
        "iat": now,
        "jti": format!("{grant}.{}", sealed_values::random()?),
        "client_id": client,
        // RFC 8693 §4.1: the client acts for the subject.
        "act": actor_chain::with_actor(subject, client)?,
        "scope": scope,
    });
    // Keep the evidence of a person, and `may_act`: an exchange must not lift the restriction.
    let kept = ["acr", "auth_time", "may_act"].into_iter();
    let kept = kept.chain(is_own.then_some("roles"));
    for name in kept {
        if let (Some(value), Some(members)) = (subject.get(name), claims.as_object_mut()) {
            members.insert(name.to_owned(), value.clone());
        }
    }
    let token = issuer.key.sign(&claims)?;
    let body = json!({
        "access_token": token,
        "issued_token_type": ACCESS_TOKEN,
        "token_type": "Bearer",
        "expires_in": ends.saturating_sub(now),
        "scope": scope,
    });
    Ok(uncached_json(StatusCode::OK, &body))
}
