//! How this server proves to an issuer that it may ask (RFC 7662 §2.1, RFC 6749 §2.3).

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::header::HeaderValue;
use url::form_urlencoded::{Serializer, byte_serialize};

use crate::clock::UnixTime;

mod assertion;

use assertion::ClientKey;

/// The credentials of a client, and the way in which they are shown.
///
/// `Debug` prints no secret.
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
    None,
}

impl ClientAuthentication {
    /// Id and secret in the `Authorization` header (`client_secret_basic`, RFC 6749
    /// §2.3.1), which every authorization server must understand.
    #[must_use]
    pub fn basic(id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self(Method::Basic {
            id: id.into(),
            secret: secret.into(),
        })
    }

    /// Id and secret in the body (`client_secret_post`), for servers that want them there.
    #[must_use]
    pub fn post(id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self(Method::Post {
            id: id.into(),
            secret: secret.into(),
        })
    }

    /// A statement that is signed anew for each question (`private_key_jwt`, RFC 7523
    /// §2.2, OpenID Connect Core §9): no secret leaves this server.
    ///
    /// The key is in PEM (PKCS #8, PKCS #1 or SEC 1): RSA signs by `RS256`, P-256 by
    /// `ES256`, P-384 by `ES384`, Ed25519 by `EdDSA`. A key that cannot be read is told
    /// when the server starts.
    #[must_use]
    pub fn private_key_jwt(id: impl Into<String>, pem: impl Into<String>) -> Self {
        Self(Method::PrivateKeyJwt {
            id: id.into(),
            pem: pem.into(),
            kid: None,
            audience: None,
        })
    }

    /// Names the key of [`ClientAuthentication::private_key_jwt`], where the issuer knows
    /// several. Without meaning for the other ways.
    #[must_use]
    pub fn with_key_id(mut self, key_id: impl Into<String>) -> Self {
        if let Method::PrivateKeyJwt { kid, .. } = &mut self.0 {
            *kid = Some(key_id.into());
        }
        self
    }

    /// Sets the `aud` of the statement of [`ClientAuthentication::private_key_jwt`]. It is
    /// the issuer by default, which cannot be taken to another one; some providers insist
    /// on the endpoint's URL.
    #[must_use]
    pub fn with_assertion_audience(mut self, aud: impl Into<String>) -> Self {
        if let Method::PrivateKeyJwt { audience, .. } = &mut self.0 {
            *audience = Some(aud.into());
        }
        self
    }

    /// No credentials, for an endpoint that wants none.
    pub(super) fn none() -> Self {
        Self(Method::None)
    }

    /// Judges the credentials.
    ///
    /// # Errors
    ///
    /// What is wrong with them, and nothing of what they are.
    pub(super) fn prepare(&self, issuer: &str) -> Result<Client, &'static str> {
        let is_empty = |text: &str| text.trim().is_empty();
        Ok(Client(match &self.0 {
            Method::Basic { id, secret } | Method::Post { id, secret }
                if is_empty(id) || is_empty(secret) =>
            {
                return Err("the client's id or its secret is empty");
            }
            Method::Basic { id, secret } => Ready::Header(basic(id, secret)?),
            Method::Post { id, secret } => Ready::Form {
                id: id.clone(),
                secret: secret.clone(),
            },
            Method::PrivateKeyJwt { id, .. } if is_empty(id) => {
                return Err("the client's id is empty");
            }
            Method::PrivateKeyJwt {
                id,
                pem,
                kid,
                audience,
            } => Ready::Signed {
                id: id.clone(),
                key: ClientKey::read(pem)?,
                kid: kid.clone(),
                audience: audience.clone().unwrap_or_else(|| issuer.to_owned()),
            },
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
            Method::None => ("none", ""),
        };
        f.debug_struct(name)
            .field("id", &id)
            .finish_non_exhaustive()
    }
}

/// Credentials that are in order.
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
    Nothing,
}

impl Client {
    /// Adds to a form what shows who asks; what belongs into the header is returned.
    ///
    /// # Errors
    ///
    /// When no statement can be signed.
    pub(super) fn show(
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
                form.append_pair("client_assertion_type", assertion::TYPE);
                form.append_pair("client_assertion", &assertion);
            }
            Ready::Nothing => {}
        }
        Ok(None)
    }
}

/// RFC 6749 §2.3.1: id and secret are form-encoded before they are joined, so that a
/// colon in the id is not taken for the end of it.
fn basic(id: &str, secret: &str) -> Result<HeaderValue, &'static str> {
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let pair = STANDARD.encode(format!("{}:{}", encoded(id), encoded(secret)));
    let mut value = HeaderValue::from_str(&format!("Basic {pair}"))
        .map_err(|_| "the client's credentials fit into no header")?;
    // Keeps it out of anybody's `Debug`.
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests;
