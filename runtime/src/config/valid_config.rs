//! The validated settings, and the values derived from them.

use std::{fmt, net::SocketAddr, time::Duration};

use super::{Config, Paths, Resource, ResourceMetadata, StateKey};
use crate::{
    error::SetupErrors,
    gate::{Limits, SessionLimits},
    issuer::{ClientAuthentication, Introspection, Issuer},
    verify::Dpop,
};

/// The settings that a server runs with. Only [`Config::validate`] builds them.
#[derive(Debug, Clone)]
pub(crate) struct ValidConfig {
    bind: SocketAddr,
    resource: Resource,
    paths: Paths,
    further_hosts: Vec<String>,
    audiences: Vec<String>,
    issuers: Vec<ValidIssuer>,
    origins: Vec<String>,
    docs_url: Option<String>,
    resource_name: Option<String>,
    leeway: Duration,
    limits: Limits,
    session_limits: SessionLimits,
    dpop: Dpop,
    document: Option<ResourceMetadata>,
    state_key: Option<StateKey>,
    automatic_consent: bool,
    warnings: Vec<String>,
}

impl ValidConfig {
    pub(super) fn new(
        config: &Config,
        bind: SocketAddr,
        resource: Resource,
        errors: &mut SetupErrors,
    ) -> Self {
        let mut audiences = vec![resource.as_str().to_owned()];
        audiences.extend(
            config
                .audiences
                .iter()
                .filter(|audience| *audience != resource.as_str())
                .cloned(),
        );
        let issuers = config.issuers_with_private_hosts(errors);
        let mut warnings = config.warnings.clone();
        warnings.extend(config.platform_port_warning());
        warnings.extend(issuers.iter().filter_map(ValidIssuer::proxy_warning));
        let addresses = &config.addresses;
        Self {
            bind,
            paths: Paths::new(addresses, &resource, errors),
            further_hosts: addresses.hosts.clone(),
            audiences,
            issuers,
            origins: addresses.origins.clone(),
            docs_url: addresses.docs_url.clone(),
            resource_name: config.resource_name.clone(),
            leeway: config.leeway,
            limits: config.limits.clone(),
            session_limits: config.session_limits,
            dpop: config.dpop.clone(),
            document: config.document.clone(),
            state_key: config.state_key,
            automatic_consent: config.automatic_consent,
            warnings,
            resource,
        }
    }

    /// The key that seals state which tools leave with the client, if one is set.
    pub(crate) fn state_key(&self) -> Option<[u8; 32]> {
        self.state_key.map(StateKey::bytes)
    }

    /// The address to listen on.
    pub(crate) fn bind(&self) -> SocketAddr {
        self.bind
    }

    /// The protected resource.
    pub(crate) fn resource(&self) -> &Resource {
        &self.resource
    }

    /// The accepted audiences, the resource first. A token must carry one of them.
    pub(crate) fn audiences(&self) -> &[String] {
        &self.audiences
    }

    /// The trusted issuers. Clients use the first.
    pub(crate) fn issuers(&self) -> &[ValidIssuer] {
        &self.issuers
    }

    /// The paths of the server.
    pub(crate) fn paths(&self) -> &Paths {
        &self.paths
    }

    /// Returns `resource_documentation` (RFC 9728 §2). A mounted router has a page of its own
    /// only if it was asked for.
    pub(crate) fn docs_url(&self, is_mounted: bool) -> Option<String> {
        let own = || self.paths.docs_url(is_mounted);
        self.docs_url.clone().or_else(own)
    }

    /// `resource_name` (RFC 9728 §2), if it differs from the server's name.
    pub(crate) fn resource_name(&self) -> Option<&str> {
        self.resource_name.as_deref()
    }

    /// How much clocks may differ.
    pub(crate) fn leeway(&self) -> Duration {
        self.leeway
    }

    /// The limits of one request.
    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The limits on the number and lifetime of sessions.
    pub(crate) fn session_limits(&self) -> SessionLimits {
        self.session_limits
    }

    /// The rules for key-bound tokens (RFC 9449).
    pub(crate) fn dpop(&self) -> &Dpop {
        &self.dpop
    }

    /// The metadata document that the user provides.
    pub(crate) fn document(&self) -> Option<&ResourceMetadata> {
        self.document.as_ref()
    }

    /// The warnings to print at the start.
    pub(crate) fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The values of `Host` that are accepted in addition to [`ValidConfig::hosts`]. They are not
    /// told to strangers.
    pub(crate) fn further_hosts(&self) -> &[String] {
        &self.further_hosts
    }

    /// Returns the accepted values of `Host`: the resource's own and, if the server listens
    /// on loopback, every loopback name of this machine. Any other name could be a foreign
    /// name that resolves to this address (DNS rebinding).
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

    /// Returns the origins whose pages may call. If none is listed, this is the resource's
    /// own origin, unless the resource is on loopback; see
    /// [`ValidConfig::allows_loopback_origins`].
    pub(crate) fn origins(&self) -> Vec<String> {
        if self.origins.is_empty() && !self.resource.is_loopback() {
            vec![self.resource.origin().to_owned()]
        } else {
            self.origins.clone()
        }
    }

    /// Returns whether pages of any loopback origin may call: if no origin is listed and the
    /// resource is on loopback. For other resources, a page served from a visitor's own
    /// machine is as foreign as any.
    pub(crate) fn allows_loopback_origins(&self) -> bool {
        self.origins.is_empty() && self.resource.is_loopback()
    }

    /// Returns whether the embedded development issuer may run: no other issuer is trusted,
    /// neither the socket nor a proxy before it is reachable from other machines, and requests
    /// for the root of the origin, where its paths are, arrive here.
    pub(crate) fn may_issue_for_development(&self) -> bool {
        self.issuers.is_empty()
            && self.bind.ip().is_loopback()
            && self.resource.is_loopback()
            && !self.paths.is_below_root()
    }

    /// Whether the development issuer grants requests without asking the person.
    pub(crate) fn consents_automatically(&self) -> bool {
        self.automatic_consent
    }

    /// Adds the error that items require scopes, but no issuer can grant them.
    pub(crate) fn add_no_issuer_error(&self, errors: &mut SetupErrors) {
        let Self { bind, resource, .. } = self;
        let why = if self.may_issue_for_development() {
            "this program was built without the feature `development-issuer`".to_owned()
        } else if self.paths.is_below_root() {
            "the embedded development issuer needs the root of its origin, but this server is mounted below it".to_owned()
        } else {
            format!(
                "the embedded development issuer runs on loopback only, but this server listens on {bind} for the resource {}",
                resource.as_str()
            )
        };
        errors.add(
            format!("tools require authorization, but no issuer is configured, and {why}"),
            "set TOOLGATE_AUTHORIZATION_SERVERS to the URL of your authorization server, exactly as `issuer` in its metadata",
        );
    }
}

/// An issuer whose name is valid.
#[derive(Debug, Clone)]
pub(crate) struct ValidIssuer(Issuer);

impl ValidIssuer {
    pub(super) fn new(issuer: Issuer) -> Self {
        Self(issuer)
    }

    /// Accepts a further `iss` in this issuer's tokens.
    pub(super) fn accept_spelling(&mut self, spelling: &str) {
        if !self.0.is_spelled(spelling) {
            self.0 = self.0.clone().with_spelling(spelling);
        }
    }

    /// Enables introspection of tokens that are not JWTs, if the issuer offers it and no
    /// other introspection is configured.
    pub(super) fn introspect_with(&mut self, client: &ClientCredentials) {
        if let (Some(secret), None) = (client.secret(), self.0.introspection()) {
            let client = ClientAuthentication::basic(client.id(), secret);
            let introspection = Introspection::new(client).optional();
            self.0 = self.0.clone().with_introspection(introspection);
        }
    }

    /// Returns the warning that a proxy decides which addresses are reached. It does not name
    /// the proxy, whose URL can have a password.
    fn proxy_warning(&self) -> Option<String> {
        self.0.has_proxy().then(|| {
            format!(
                "requests to the issuer {:?} go through a proxy, whose checks of addresses replace those of this server",
                self.issuer()
            )
        })
    }

    /// The issuer identifier, which is published and whose metadata is fetched.
    pub(crate) fn issuer(&self) -> &str {
        self.0.name()
    }

    /// The further accepted values of `iss`.
    #[cfg(test)]
    pub(crate) fn spellings(&self) -> Vec<&str> {
        self.0.spellings().skip(1).collect()
    }

    /// The configuration of the issuer.
    pub(crate) fn settings(&self) -> &Issuer {
        &self.0
    }
}

/// The id and secret of a client at its provider. `Debug` redacts the secret.
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
