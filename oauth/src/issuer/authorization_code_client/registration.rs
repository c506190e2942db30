//! [`ClientRegistration`]: how this server becomes a client of an issuer.

use reqwest::header::HeaderValue;
use serde_json::{Value, json};
use url::{Url, form_urlencoded::Serializer};

use super::AuthorizationCodeError;
use crate::{
    clock::UnixTime,
    issuer::{ClientAuthentication, client_authentication::Client, http_fetcher::HttpFetcher},
    json,
};

/// The maximum length of an id or a secret that an issuer assigns.
const LONGEST: usize = 2048;

/// How this server becomes a client of an issuer: with the credentials that an operator registered,
/// or by dynamic registration (RFC 7591).
#[derive(Debug, Clone)]
pub struct ClientRegistration {
    /// The URL to which the issuer sends the browser back.
    pub redirect_uri: String,
    /// The name that a dynamic registration shows to the user.
    pub client_name: String,
    /// The client that an operator has registered.
    pub client: Option<ClientAuthentication>,
}

/// A client at the issuer.
pub(super) struct RegisteredClient {
    pub(super) id: String,
    client: Client,
}

impl ClientRegistration {
    /// Returns the client that an operator has registered.
    ///
    /// # Errors
    ///
    /// The error in the credentials, and its fix.
    pub(super) fn configured_client(
        &self,
        issuer: &str,
    ) -> Result<Option<RegisteredClient>, (&'static str, &'static str)> {
        let fix = "use the id and the secret that the provider issued for this server";
        let Some(credentials) = &self.client else {
            return Ok(None);
        };
        let client = RegisteredClient::of(credentials, issuer);
        client.map(Some).map_err(|reason| (reason, fix))
    }

    /// Registers a client at the issuer (RFC 7591 §3.1).
    pub(super) async fn register(
        &self,
        place: Option<&Url>,
        fetcher: &HttpFetcher,
        issuer: &str,
    ) -> Result<RegisteredClient, AuthorizationCodeError> {
        let Some(place) = place else {
            return Err(AuthorizationCodeError::new(
                "it has no registration_endpoint; register a client there and set TOOLGATE_APPROVAL_CLIENT_ID",
            ));
        };
        let request = json!({
            "client_name": self.client_name,
            "redirect_uris": [self.redirect_uri],
            "grant_types": ["authorization_code"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
        });
        let answer = fetcher.post_json(place, request.to_string()).await;
        match answer? {
            (200 | 201, body) => registered(&body, issuer),
            (status, body) => Err(AuthorizationCodeError::answered(status, &body)),
        }
    }
}

/// Reads the answer of RFC 7591 §3.2.1. The issuer may assign other metadata than requested.
fn registered(body: &[u8], issuer: &str) -> Result<RegisteredClient, AuthorizationCodeError> {
    let unusable = |reason: &str| AuthorizationCodeError::new(reason);
    let members = json::strict_object(body)
        .map_err(|_| unusable("its registration is not a JSON object with each name once"))?;
    let text = |name: &str| members.get(name).and_then(Value::as_str);
    let is_usable = |text: &&str| !text.is_empty() && text.len() <= LONGEST;
    let id = text("client_id")
        .filter(is_usable)
        .ok_or_else(|| unusable("its registration has no usable client_id"))?;
    let method = text("token_endpoint_auth_method");
    let credentials = match (method, text("client_secret").filter(is_usable)) {
        (Some("none"), _) | (None, None) => ClientAuthentication::public(id),
        (Some("client_secret_post"), Some(secret)) => ClientAuthentication::post(id, secret),
        (Some("client_secret_basic") | None, Some(secret)) => {
            ClientAuthentication::basic(id, secret)
        }
        _ => {
            return Err(unusable(
                "it registered a client with another authentication",
            ));
        }
    };
    RegisteredClient::of(&credentials, issuer).map_err(unusable)
}

impl RegisteredClient {
    fn of(credentials: &ClientAuthentication, issuer: &str) -> Result<Self, &'static str> {
        Ok(Self {
            id: credentials.client_id().to_owned(),
            client: credentials.validate(issuer)?,
        })
    }

    /// Adds the client to a form, or returns the value of the `Authorization` header.
    ///
    /// # Errors
    ///
    /// If no assertion can be signed.
    pub(super) fn authenticate(
        &self,
        form: &mut Serializer<'_, String>,
        now: UnixTime,
    ) -> Result<Option<HeaderValue>, &'static str> {
        self.client.authenticate(form, now)
    }
}
