//! Client authentication of this server at an issuer (RFC 7662 §2.1, RFC 6749 §2.3).

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::header::HeaderValue;
use url::form_urlencoded::{Serializer, byte_serialize};

use crate::clock::UnixTime;

mod client_assertion;

use client_assertion::ClientKey;

/// The credentials of a client and how they are sent.
///
/// `Debug` redacts the secret.
#[derive(Clone)]
pub struct ClientAuthentication(Method);

#[derive(Clone)]
enum Method {
    Basic {
        id: String,
        secret: String,
    },
    Post {
        id: String,
        secret: String,
    },
    PrivateKeyJwt {
        id: String,
        pem: String,
        kid: Option<String>,
        audience: Option<String>,
    },
    Public {
        id: String,
    },
    None,
}

impl ClientAuthentication {
    /// Sends id and secret in the `Authorization` header (`client_secret_basic`, RFC 6749
    /// §2.3.1), which every authorization server must support.
    #[must_use]
    pub fn basic(id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self(Method::Basic {
            id: id.into(),
            secret: secret.into(),
        })
    }

    /// Sends id and secret in the body (`client_secret_post`), for servers that require it.
    #[must_use]
    pub fn post(id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self(Method::Post {
            id: id.into(),
            secret: secret.into(),
        })
    }

    /// Sends a JWT assertion that is signed for each request (`private_key_jwt`, RFC 7523
    /// §2.2, OpenID Connect Core §9): no secret leaves this server.
    ///
    /// The key is in PEM (PKCS #8, PKCS #1 or SEC 1): RSA signs with `RS256`, P-256 with
    /// `ES256`, P-384 with `ES384`, Ed25519 with `EdDSA`. An invalid key is reported when the
    /// server starts.
    #[must_use]
    pub fn private_key_jwt(id: impl Into<String>, pem: impl Into<String>) -> Self {
        Self(Method::PrivateKeyJwt {
            id: id.into(),
            pem: pem.into(),
            kid: None,
            audience: None,
        })
    }

    /// Sets the `kid` of [`ClientAuthentication::private_key_jwt`], for a client with several
    /// keys. Has no effect on the other methods.
    #[must_use]
    pub fn with_key_id(mut self, key_id: impl Into<String>) -> Self {
        if let Method::PrivateKeyJwt { kid, .. } = &mut self.0 {
            *kid = Some(key_id.into());
        }
        self
    }

    /// Sets the `aud` of the assertion of [`ClientAuthentication::private_key_jwt`]. The
    /// default is the issuer, so that the assertion cannot be replayed at another one; some
    /// providers require the URL of the endpoint.
    #[must_use]
    pub fn with_assertion_audience(mut self, aud: impl Into<String>) -> Self {
        if let Method::PrivateKeyJwt { audience, .. } = &mut self.0 {
            *audience = Some(aud.into());
        }
        self
    }

    /// Identifies a client without credentials (`none`, RFC 7591 §2). PKCE protects its codes.
    #[must_use]
    pub fn public(id: impl Into<String>) -> Self {
        Self(Method::Public { id: id.into() })
    }

    /// The client id.
    #[doc(hidden)]
    pub fn client_id(&self) -> &str {
        match &self.0 {
            Method::Basic { id, .. }
            | Method::Post { id, .. }
            | Method::PrivateKeyJwt { id, .. }
            | Method::Public { id } => id,
            Method::None => "",
        }
    }

    /// Sends no credentials, for an endpoint that requires none.
    pub(super) fn none() -> Self {
        Self(Method::None)
    }

    /// Validates the credentials.
    ///
    /// # Errors
    ///
    /// The error in the credentials, without the credentials.
    pub(super) fn validate(&self, issuer: &str) -> Result<Client, &'static str> {
        let is_empty = |text: &str| text.trim().is_empty();
        Ok(Client(match &self.0 {
            Method::Basic { id, secret } | Method::Post { id, secret }
                if is_empty(id) || is_empty(secret) =>
            {
                return Err("the client id or secret is empty");
            }
            Method::Basic { id, secret } => Ready::Header(basic(id, secret)?),
            Method::Post { id, secret } => Ready::Form {
                id: id.clone(),
                secret: secret.clone(),
            },
            Method::PrivateKeyJwt { id, .. } if is_empty(id) => {
                return Err("the client id is empty");
            }
            Method::PrivateKeyJwt {
                id,
                pem,
                kid,
                audience,
            } => Ready::Signed {
                id: id.clone(),
                key: ClientKey::parse(pem)?,
                kid: kid.clone(),
                audience: audience.clone().unwrap_or_else(|| issuer.to_owned()),
            },
            Method::Public { id } if is_empty(id) => return Err("the client id is empty"),
            Method::Public { id } => Ready::Named { id: id.clone() },
            Method::None => Ready::Nothing,
        }))
    }
}

impl fmt::Debug for ClientAuthentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, id) = match &self.0 {
            Method::Basic { id, .. } => ("client_secret_basic", id.as_str()),
            Method::Post { id, .. } => ("client_secret_post", id.as_str()),
            Method::PrivateKeyJwt { id, .. } => ("private_key_jwt", id.as_str()),
            Method::Public { id } => ("none", id.as_str()),
            Method::None => ("none", ""),
        };
        f.debug_struct(name)
            .field("id", &id)
            .finish_non_exhaustive()
    }
}

/// Validated credentials.
pub(super) struct Client(Ready);

enum Ready {
    Header(HeaderValue),
    Form {
        id: String,
        secret: String,
    },
    Signed {
        id: String,
        key: ClientKey,
        kid: Option<String>,
        audience: String,
    },
    Named {
        id: String,
    },
    Nothing,
}

impl Client {
    /// Adds the credentials to a form, or returns the value of the `Authorization` header.
    ///
    /// # Errors
    ///
    /// If no assertion can be signed.
    pub(super) fn authenticate(
        &self,
        form: &mut Serializer<'_, String>,
        now: UnixTime,
    ) -> Result<Option<HeaderValue>, &'static str> {
        match &self.0 {
            Ready::Header(value) => return Ok(Some(value.clone())),
            Ready::Form { id, secret } => {
                form.append_pair("client_id", id);
                form.append_pair("client_secret", secret);
            }
            Ready::Signed {
                id,
                key,
                kid,
                audience,
            } => {
                let assertion = key.assertion(id, audience, kid.as_deref(), now)?;
                form.append_pair("client_id", id);
                form.append_pair("client_assertion_type", client_assertion::TYPE);
                form.append_pair("client_assertion", &assertion);
            }
            // RFC 6749 §4.1.3: a public client sends its id.
            Ready::Named { id } => {
                form.append_pair("client_id", id);
            }
            Ready::Nothing => {}
        }
        Ok(None)
    }
}

/// RFC 6749 §2.3.1: id and secret are form-encoded before they are joined, so that a colon in
/// the id does not end it.
fn basic(id: &str, secret: &str) -> Result<HeaderValue, &'static str> {
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let pair = STANDARD.encode(format!("{}:{}", encoded(id), encoded(secret)));
    let mut value = HeaderValue::from_str(&format!("Basic {pair}"))
        .map_err(|_| "the client credentials do not fit in a header")?;
    // Redacts the value in every `Debug`.
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests;
