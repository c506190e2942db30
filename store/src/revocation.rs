//! [`Revocation`]: whose tokens are no longer accepted.

use serde::{Deserialize, Serialize};
use toolgate_core::clock::UnixTime;

/// Whose tokens are no longer accepted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Revoked {
    /// Every token of a subject (`iss` and `sub`).
    Subject {
        /// The issuer of the subject.
        issuer: String,
        /// The subject.
        subject: String,
    },
    /// Every token of a client (`iss` and `client_id`).
    Client {
        /// The issuer of the client.
        issuer: String,
        /// The id of the client.
        client: String,
    },
    /// Every token of an issuer.
    Issuer {
        /// The issuer.
        issuer: String,
    },
    /// One token (`iss` and `jti`).
    Token {
        /// The issuer of the token.
        issuer: String,
        /// The id of the token.
        jti: String,
    },
}

impl Revoked {
    /// Revokes every token of a subject.
    pub fn subject(issuer: impl Into<String>, subject: impl Into<String>) -> Self {
        Self::Subject {
            issuer: issuer.into(),
            subject: subject.into(),
        }
    }

    /// Revokes every token of a client.
    pub fn client(issuer: impl Into<String>, client: impl Into<String>) -> Self {
        Self::Client {
            issuer: issuer.into(),
            client: client.into(),
        }
    }

    /// Revokes every token of an issuer.
    pub fn issuer(issuer: impl Into<String>) -> Self {
        Self::Issuer {
            issuer: issuer.into(),
        }
    }

    /// Revokes one token.
    pub fn token(issuer: impl Into<String>, jti: impl Into<String>) -> Self {
        Self::Token {
            issuer: issuer.into(),
            jti: jti.into(),
        }
    }

    /// Returns the issuer of the tokens.
    #[doc(hidden)]
    #[must_use]
    pub fn token_issuer(&self) -> &str {
        match self {
            Self::Subject { issuer, .. }
            | Self::Client { issuer, .. }
            | Self::Issuer { issuer }
            | Self::Token { issuer, .. } => issuer,
        }
    }

    /// Returns the kind, and the name within the issuer.
    #[doc(hidden)]
    #[must_use]
    pub fn kind_and_name(&self) -> (&'static str, &str) {
        match self {
            Self::Subject { subject, .. } => ("subject", subject),
            Self::Client { client, .. } => ("client", client),
            Self::Issuer { issuer } => ("issuer", issuer),
            Self::Token { jti, .. } => ("jti", jti),
        }
    }

    /// Returns at least the length of its names in bytes.
    pub(crate) fn length(&self) -> usize {
        self.token_issuer().len() + self.kind_and_name().1.len()
    }
}

/// A revocation, and when it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Revocation {
    /// Whose tokens are revoked.
    pub revoked: Revoked,
    /// When it ends. A token that has expired by then is refused anyway. `None` until it is lifted.
    pub until: Option<UnixTime>,
    /// Whether the operator has revoked them, and not the program.
    pub by_operator: bool,
}

/// The names in a token by which a revocation can match it.
#[derive(Debug, Clone, Copy)]
pub struct TokenNames<'t> {
    /// `iss`.
    pub issuer: &'t str,
    /// `sub`.
    pub subject: Option<&'t str>,
    /// The id of the client.
    pub client: Option<&'t str>,
    /// `jti`.
    pub jti: Option<&'t str>,
}

impl TokenNames<'_> {
    /// Returns every revocation that would revoke the token.
    pub(crate) fn revoked_by(self) -> impl Iterator<Item = Revoked> {
        let Self {
            issuer,
            subject,
            client,
            jti,
        } = self;
        [
            Some(Revoked::issuer(issuer)),
            subject.map(|subject| Revoked::subject(issuer, subject)),
            client.map(|client| Revoked::client(issuer, client)),
            jti.map(|jti| Revoked::token(issuer, jti)),
        ]
        .into_iter()
        .flatten()
    }
}
