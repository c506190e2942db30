//! Settings without a fault, and what follows from them.

use std::{fmt, net::SocketAddr};

use super::{Config, DOCS_PATH, Document, Resource, StateKey};
use crate::{
    error::Faults,
    gate::{Limits, SessionLimits},
    issuer::{ClientAuthentication, Introspection, Issuer},
    verify::Dpop,
};

/// What a server runs with. Only [`Config::settle`] makes it.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    bind: SocketAddr,
    resource: Resource,
    audiences: Vec<String>,
    issuers: Vec<TrustedIssuer>,
    origins: Vec<String>,
    docs_url: String,
    resource_name: Option<String>,
    leeway: u64,
    limits: Limits,
    session_limits: SessionLimits,
    dpop: Dpop,
    document: Option<Document>,
    state_key: Option<StateKey>,
    automatic_consent: bool,
    notes: Vec<String>,
}

impl Settings {
    pub(super) fn new(config: &Config, bind: SocketAddr, resource: Resource) -> Self {
        let mut audiences = vec![resource.as_str().to_owned()];
        audiences.extend(
            config
                .audiences
                .iter()
                .filter(|audience| *audience != resource.as_str())
                .cloned(),
        );
        let docs_url = config
            .docs_url
            .clone()
            .unwrap_or_else(|| format!("{}{DOCS_PATH}", resource.origin()));
        Self {
            bind,
            audiences,
            issuers: config.issuers.clone(),
            origins: config.origins.clone(),
            docs_url,
            resource_name: config.resource_name.clone(),
            leeway: config.leeway,
            limits: config.limits.clone(),
            session_limits: config.session_limits,
            dpop: config.dpop.clone(),
            document: config.document.clone(),
            state_key: config.state_key,
            automatic_consent: config.automatic_consent,
            notes: config.notes.clone(),
            resource,
        }
    }

    /// The key for what tools keep in the client's hands, if one is set.
    pub(crate) fn state_key(&self) -> Option<[u8; 32]> {
        self.state_key.map(StateKey::bytes)
    }

    /// The address to listen on.
    pub(crate) fn bind(&self) -> SocketAddr {
        self.bind
    }

    /// What is protected, and where it is reached.
    pub(crate) fn resource(&self) -> &Resource {
        &self.resource
    }

    /// The audiences of which a token must carry one; the resource is the first.
    pub(crate) fn audiences(&self) -> &[String] {
        &self.audiences
    }

    /// The issuers that are trusted; the first is the one that clients use.
    pub(crate) fn issuers(&self) -> &[TrustedIssuer] {
        &self.issuers
    }

    /// `resource_documentation` (RFC 9728 §2).
    pub(crate) fn docs_url(&self) -> &str {
        &self.docs_url
    }

    /// `resource_name` (RFC 9728 §2), where it is not the server's name.
    pub(crate) fn resource_name(&self) -> Option<&str> {
        self.resource_name.as_deref()
    }

    /// How many seconds clocks may differ.
    pub(crate) fn leeway(&self) -> u64 {
        self.leeway
    }

    /// What one request may cost.
    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// How many sessions there can be, and for how long.
    pub(crate) fn session_limits(&self) -> SessionLimits {
        self.session_limits
    }

    /// What becomes of tokens that are bound to a key.
    pub(crate) fn dpop(&self) -> &Dpop {
        &self.dpop
    }

    /// The metadata document that somebody brought.
    pub(crate) fn document(&self) -> Option<&Document> {
        self.document.as_ref()
    }

    /// What to tell at the start.
    pub(crate) fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The values of `Host` that are answered, by the address that is listened on: the
    /// resource's own and, on loopback, every name of this machine for itself. All
    /// others could be a foreign name that was pointed at this address (DNS rebinding).
    pub(crate) fn hosts(&self, local: SocketAddr) -> Vec<String> {
        let mut hosts = self.resource.hosts();
        if local.ip().is_loopback() {
            let port = local.port();
            for name in ["localhost", "127.0.0.1", "[::1]"] {
                hosts.push(format!("{name}:{port}"));
                if port == 80 {
                    hosts.push(name.to_owned());
                }
            }
            hosts.push(local.to_string());
        }
        hosts.sort_unstable();
        hosts.dedup();
        hosts
    }

    /// The origins whose pages may call. Where none is listed, it is the resource's own,
    /// for a resource that others reach; see [`Settings::allows_loopback_origins`].
    pub(crate) fn origins(&self) -> Vec<String> {
        if self.origins.is_empty() && !self.resource.is_loopback() {
            vec![self.resource.origin().to_owned()]
        } else {
            self.origins.clone()
        }
    }

    /// Whether pages of this machine may call, whatever their port: where no origin is
    /// listed, for a resource on loopback. Elsewhere a page on a visitor's own machine is
    /// as foreign as any.
    pub(crate) fn allows_loopback_origins(&self) -> bool {
        self.origins.is_empty() && self.resource.is_loopback()
    }

    /// Whether the embedded development issuer may exist: nobody else is trusted, and
    /// neither the socket nor a proxy before it is reached from elsewhere.
    pub(crate) fn may_issue_for_development(&self) -> bool {
        self.issuers.is_empty() && self.bind.ip().is_loopback() && self.resource.is_loopback()
    }

    /// Whether that issuer says yes for the person.
    pub(crate) fn consents_automatically(&self) -> bool {
        self.automatic_consent
    }

    /// Tells that tools ask for scopes, and nobody could grant one.
    pub(crate) fn fault_of_no_issuer(&self, faults: &mut Faults) {
        let Self { bind, resource, .. } = self;
        let why = if self.may_issue_for_development() {
            "this program was built without the feature `development-issuer`".to_owned()
        } else {
            format!(
                "the embedded development issuer exists on loopback only, and this server listens on {bind} as {}",
                resource.as_str()
            )
        };
        faults.add(
            format!("tools ask for authorization, no issuer is configured, and {why}"),
            "set TOOLGATE_AUTHORIZATION_SERVERS to the URL of your authorization server, written as in its metadata's `issuer`",
        );
    }
}

/// An issuer whose name was judged.
#[derive(Debug, Clone)]
pub(crate) struct TrustedIssuer(Issuer);

impl TrustedIssuer {
    pub(super) fn new(issuer: Issuer) -> Self {
        Self(issuer)
    }

    /// Accepts another `iss` in this issuer's tokens.
    pub(super) fn also(&mut self, spelling: &str) {
        if !self.0.is_spelled(spelling) {
            self.0 = self.0.clone().with_spelling(spelling);
        }
    }

    /// Asks this issuer about tokens that are no JWTs, if it answers questions at all and
    /// nothing else is said about that.
    pub(super) fn ask_as(&mut self, client: &ClientCredentials) {
        if let (Some(secret), None) = (client.secret(), self.0.introspection()) {
            let client = ClientAuthentication::basic(client.id(), secret);
            let introspection = Introspection::new(client).if_offered();
            self.0 = self.0.clone().with_introspection(introspection);
        }
    }

    /// The identifier that is published, and whose metadata is fetched.
    pub(crate) fn issuer(&self) -> &str {
        self.0.name()
    }

    /// Other values of `iss` that mean this issuer.
    #[cfg(test)]
    pub(crate) fn spellings(&self) -> Vec<&str> {
        self.0.spellings().skip(1).collect()
    }

    /// All that is configured about it.
    pub(crate) fn settings(&self) -> &Issuer {
        &self.0
    }
}

/// A client's id and secret, at its provider. `Debug` prints no secret.
#[derive(Clone)]
pub(crate) struct ClientCredentials {
    id: String,
    secret: Option<String>,
}

impl ClientCredentials {
    pub(super) fn new(id: &str, secret: Option<&str>) -> Self {
        Self {
            id: id.to_owned(),
            secret: secret.map(str::to_owned),
        }
    }

    /// The client's id (RFC 6749 §2.2).
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// The client's secret (RFC 6749 §2.3.1).
    pub(crate) fn secret(&self) -> Option<&str> {
        self.secret.as_deref()
    }
}

impl fmt::Debug for ClientCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCredentials")
            .field("id", &self.id)
            .field("secret", &self.secret.as_ref().map(|_| "[redacted]"))
            .finish()
    }
}
