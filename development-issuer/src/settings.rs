//! The settings of the issuer, and the errors in them.

use std::{sync::Arc, time::Duration};

use crate::embedding_server::EmbeddingServer;

/// The scope that requests a refresh token (OpenID Connect Core §11). It is a consent, not a
/// right at the resource, so it is never in an access token.
///
/// A refresh token is issued only for this scope: a client with a refresh token answers
/// `insufficient_scope` with a refresh, receives the same scopes again and gives up.
pub(crate) const OFFLINE_ACCESS: &str = "offline_access";

/// The settings of the development issuer.
pub struct Settings {
    /// `http://` and a loopback host, usually with a port, without a trailing slash. This is
    /// the issuer identifier, compared character by character.
    pub origin: String,
    /// The only resource that tokens are issued for (RFC 8707), compared character by
    /// character.
    pub resource: String,
    /// The further audiences that the server of the resource accepts.
    pub audiences: Vec<String>,
    /// The server name that is shown to the person.
    pub resource_name: String,
    /// The scopes that can be granted, each with the description that is shown to the person.
    pub scopes: Vec<(String, Option<String>)>,
    /// The scopes of a request that names none (RFC 6749 §3.3).
    pub default_scopes: Vec<String>,
    /// The roles that the person can have.
    pub roles: Vec<String>,
    /// The values of `acr` that the server requires somewhere. An imitated second factor reaches
    /// them.
    pub acr_values: Vec<String>,
    /// The default subject, which the person can change.
    pub subject: String,
    /// Grants requests without asking the person, for tests. Only for clients on loopback:
    /// any web page can register a client and send the browser here.
    pub automatic_consent: bool,
    /// How long a client may take to send a form or a registration.
    pub body_time: Duration,
    /// The names of the algorithms that the server accepts in DPoP proofs.
    pub dpop_algorithms: Vec<&'static str>,
    /// The style of the pages.
    pub stylesheet: Stylesheet,
    /// The server that embeds the issuer.
    pub server: Arc<dyn EmbeddingServer>,
}

/// The style sheet that each page contains.
pub struct Stylesheet {
    /// The CSS. It is not escaped.
    pub text: &'static str,
    /// Its hash as a source expression of a content security policy (CSP Level 3 §2.3.1), the
    /// only style that a page may use.
    pub policy_source: String,
}

/// One error in the settings: what is wrong, and how to fix it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetupError {
    /// What is wrong.
    pub what: String,
    /// How to fix it.
    pub remedy: &'static str,
}
