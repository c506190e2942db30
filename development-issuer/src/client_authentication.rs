//! The authentication of clients with credentials (RFC 6749 §2.3, RFC 7523 §2.2), which are
//! verified, and of public clients, which have none.

use axum::http::{
    HeaderMap, StatusCode,
    header::{AUTHORIZATION, ORIGIN},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use url::form_urlencoded;

use crate::{
    assertion::Assertion,
    confidential_client::{AuthenticationMethod, ConfidentialClient},
    form_parameters::FormParameters,
    issued_tokens::text_claim,
    issuer_state::IssuerState,
    json_response::OAuthError,
    public_client,
};

/// `client_assertion_type` of `private_key_jwt`.
const JWT_ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The types of an assertion. The second one is the explicit type of draft-ietf-oauth-rfc7523bis.
const ASSERTION_TYPES: [Option<&str>; 3] = [None, Some("client-authentication+jwt"), Some("JWT")];

const INVALID: OAuthError = OAuthError::new(
    "invalid_client",
    "the client is unknown, or its credentials are not valid",
)
.with_status(StatusCode::UNAUTHORIZED);

/// Authenticates a client with credentials: by exactly one method, which is the registered one.
pub(crate) fn authenticate(
    issuer: &IssuerState,
    headers: &HeaderMap,
    form: &FormParameters,
) -> Result<ConfidentialClient, OAuthError> {
    // Any page can send requests here, and could hold credentials that it registered itself.
    if headers.contains_key(ORIGIN) {
        return Err(OAuthError::new(
            "unauthorized_client",
            "a web page cannot be a client with credentials",
        ));
    }
    let (secret, assertion) = (form.one("client_secret")?, form.one("client_assertion")?);
    let mut basic = headers.get_all(AUTHORIZATION).iter();
    let (header, repeated) = (basic.next(), basic.next());
    let methods = [header.is_some(), secret.is_some(), assertion.is_some()];
    // RFC 6749 §2.3: a client must not use more than one method in a request.
    if repeated.is_some() || methods.iter().filter(|is_used| **is_used).count() > 1 {
        return Err(OAuthError::new(
            "invalid_request",
            "the client uses more than one method of authentication",
        ));
    }
    let named = form.one("client_id")?;
    let client = if let Some(header) = header {
        let (id, secret) = basic_credentials(header.to_str().unwrap_or_default()).ok_or(INVALID)?;
        by_secret(
            issuer,
            AuthenticationMethod::ClientSecretBasic,
            &id,
            &secret,
        )?
    } else if let Some(secret) = secret {
        let id = named.ok_or(INVALID)?;
        by_secret(issuer, AuthenticationMethod::ClientSecretPost, id, secret)?
    } else {
        let assertion = assertion.ok_or(INVALID)?;
        if form.one("client_assertion_type")? != Some(JWT_ASSERTION) {
            return Err(INVALID);
        }
        by_assertion(issuer, assertion)?
    };
    match named.is_none_or(|named| named == client.id) {
        true => Ok(client),
        false => Err(INVALID),
    }
}

/// Returns the identifier of a client: a client with credentials must prove them, a public client
/// must send none.
pub(crate) fn identify(
    issuer: &IssuerState,
    headers: &HeaderMap,
    form: &FormParameters,
) -> Result<String, OAuthError> {
    if is_confidential(headers, form)? {
        return authenticate(issuer, headers, form).map(|client| client.id);
    }
    public_client::check_no_secret(headers)?;
    public_client::identify(form).map(str::to_owned)
}

/// Returns whether a request claims to come from a client with credentials.
pub(crate) fn is_confidential(
    headers: &HeaderMap,
    form: &FormParameters,
) -> Result<bool, OAuthError> {
    let header = headers.get(AUTHORIZATION).and_then(|one| one.to_str().ok());
    let in_header = header.and_then(basic_credentials).map(|(id, _)| id);
    let id = in_header.as_deref().or(form.one("client_id")?);
    Ok(match id {
        Some(id) => ConfidentialClient::from_id(id).is_some(),
        None => form.one("client_assertion")?.is_some(),
    })
}

/// Returns the pair of `client_secret_basic`, each part form-encoded (RFC 6749 §2.3.1).
fn basic_credentials(header: &str) -> Option<(String, String)> {
    let (scheme, pair) = header.split_once(' ')?;
    let pair = BASE64_STANDARD.decode(pair.trim()).ok()?;
    let (id, secret) = std::str::from_utf8(&pair).ok()?.split_once(':')?;
    let decoded = |text: &str| {
        let (text, _) = form_urlencoded::parse(text.as_bytes()).next()?;
        Some(text.into_owned())
    };
    scheme
        .eq_ignore_ascii_case("basic")
        .then_some((decoded(id)?, decoded(secret)?))
}

fn by_secret(
    issuer: &IssuerState,
    method: AuthenticationMethod,
    id: &str,
    secret: &str,
) -> Result<ConfidentialClient, OAuthError> {
    let client = ConfidentialClient::from_id(id);
    let client = client.filter(|client| client.registration.method == method);
    client
        .filter(|client| client.has_secret(issuer, secret))
        .ok_or(INVALID)
}

/// RFC 7523 §3: the client is issuer and subject, this issuer is the only audience, and an
/// assertion is used once. The audience is the issuer and not the token endpoint: the URL of an
/// endpoint can be an attacker's in a mix-up (draft-ietf-oauth-rfc7523bis).
fn by_assertion(issuer: &IssuerState, text: &str) -> Result<ConfidentialClient, OAuthError> {
    let assertion = Assertion::parse(issuer, text).ok_or(INVALID)?;
    let id = text_claim(&assertion.claims, "sub");
    let client = ConfidentialClient::from_id(id).ok_or(INVALID)?;
    let key = client.registration.key.as_ref().ok_or(INVALID)?;
    let is_valid = client.registration.method == AuthenticationMethod::PrivateKeyJwt
        && assertion.has_type(&ASSERTION_TYPES)
        && assertion.is_signed(|message, signature, algorithm| {
            key.has_signed(message, signature, algorithm)
        })
        && text_claim(&assertion.claims, "iss") == id
        && (assertion.is_only_for(&issuer.settings.origin))
        && assertion.is_current(issuer.now())
        && assertion.use_once(issuer);
    match is_valid {
        true => Ok(client),
        false => Err(INVALID),
    }
}
