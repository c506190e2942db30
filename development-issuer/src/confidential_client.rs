//! Clients with credentials: programs that call for themselves, and applications that an
//! enterprise manages.
//!
//! As for public clients, the identifier of such a client *is* its registration, so registrations
//! take no memory. The secret follows from the identifier and a key of this process, so only the
//! client that registered has it.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use crate::{
    assertion_key::AssertionKey,
    client_lookup::display_name,
    issuer_state::IssuerState,
    redirect_uri::RedirectUri,
    sealed_values::{Purpose, Seal},
};

/// The prefix of identifiers that are issued here. A public client has another one.
const PREFIX: &str = "machine-";
/// The maximum length of an identifier, which is in every token of its client.
const ID_LIMIT: usize = 2048;

/// The grant types that need credentials (RFC 6749 §4.4, RFC 7523 §2.1).
pub(crate) const CLIENT_CREDENTIALS: &str = "client_credentials";
pub(crate) const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// How a client authenticates at the token endpoint (RFC 7591 §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AuthenticationMethod {
    ClientSecretBasic,
    ClientSecretPost,
    PrivateKeyJwt,
}

impl AuthenticationMethod {
    /// Every method, by its registered name.
    pub(crate) const ALL: [(&'static str, Self); 3] = [
        ("client_secret_basic", Self::ClientSecretBasic),
        ("client_secret_post", Self::ClientSecretPost),
        ("private_key_jwt", Self::PrivateKeyJwt),
    ];

    /// Returns the method with this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|(known, _)| *known == name)
            .map(|(_, method)| method)
    }

    /// Returns the registered name.
    pub(crate) fn name(self) -> &'static str {
        let mut all = Self::ALL.into_iter();
        all.find(|(_, method)| *method == self)
            .map_or("", |(name, _)| name)
    }
}

/// The registration of a client with credentials.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Registration {
    /// A random text. Without it, a program that repeats the registration of another one would get
    /// its secret.
    pub(crate) unique: String,
    /// The name that the client gave itself, not verified.
    pub(crate) name: Option<String>,
    pub(crate) method: AuthenticationMethod,
    /// Whether it may use the client credentials grant.
    pub(crate) calls_for_itself: bool,
    /// Whether it may use an assertion of the identity provider.
    pub(crate) is_managed: bool,
    pub(crate) redirects: Vec<RedirectUri>,
    /// Its key, for `private_key_jwt` alone.
    pub(crate) key: Option<AssertionKey>,
}

/// A client with credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConfidentialClient {
    pub(crate) id: String,
    pub(crate) registration: Registration,
}

impl ConfidentialClient {
    /// Builds a client whose identifier contains the registration, or returns `None` if it is too
    /// long.
    pub(crate) fn register(registration: Registration) -> Option<Self> {
        let text = serde_json::to_vec(&registration).ok()?;
        let mut id = PREFIX.to_owned();
        BASE64_URL_SAFE_NO_PAD.encode_string(text, &mut id);
        (id.len() <= ID_LIMIT).then_some(Self { id, registration })
    }

    /// Reads a client from an identifier, if it could have been issued here.
    pub(crate) fn from_id(id: &str) -> Option<Self> {
        let text = id
            .strip_prefix(PREFIX)
            .filter(|_| id.len() <= ID_LIMIT)
            .and_then(|text| BASE64_URL_SAFE_NO_PAD.decode(text).ok())?;
        let registration: Registration = serde_json::from_slice(&text).ok()?;
        let is_key_needed = registration.method == AuthenticationMethod::PrivateKeyJwt;
        let is_name = match &registration.name {
            None => true,
            Some(name) => display_name(name).as_ref() == Some(name),
        };
        let is_valid = is_name && registration.key.is_some() == is_key_needed;
        // Each client has exactly one identifier.
        Self::register(registration).filter(|client| is_valid && client.id == id)
    }

    /// Returns the secret. It is valid until the process ends.
    pub(crate) fn secret(&self, seal: &Seal) -> String {
        seal.derive(Purpose::ClientSecret, self.id.as_bytes())
    }

    /// Returns whether this is the secret of the client.
    pub(crate) fn has_secret(&self, issuer: &IssuerState, secret: &str) -> bool {
        let own = self.secret(&issuer.seal);
        verify_slices_are_equal(own.as_bytes(), secret.as_bytes()).is_ok()
    }
}
