//! The validated settings, and the values derived from them.

use std::{fmt, net::SocketAddr, sync::Arc, time::Duration};

use toolgate_store::{RevocationTimes, SharedStore};

use super::{
    Config, Paths, PublishedScopes, ResourceIdentifier, ResourceMetadata, StateKey,
    admin_settings::AdminSettings, audit_settings::ValidAudit, metrics_settings, store_settings,
};
use crate::{
    issuer::{Introspection, Issuer},
    rate_settings::RateSettings,
    request_limits::RequestLimits,
    session_limits::SessionLimits,
    start_error::SetupErrors,
    verify::Dpop,
};

/// The settings that a server runs with. Only [`Config::validate`] builds them.
#[derive(Debug, Clone)]
pub struct ValidConfig {
    config: Config,
    bind: SocketAddr,
    resource: ResourceIdentifier,
    paths: Paths,
    audiences: Vec<String>,
}

impl ValidConfig {
    pub(super) fn new(
        config: &Config,
        bind: SocketAddr,
        resource: ResourceIdentifier,
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
        config.audit.check(errors);
        store_settings::check(config, errors);
        config.admin.check(bind, errors);
        metrics_settings::check(config.metrics, bind, errors);
        let mut config = config.clone();
        config.issuers = config.issuers_with_private_hosts(errors);
        let proxies = config.issuers.iter().filter_map(ValidIssuer::proxy_warning);
        let warnings: Vec<_> = config
            .platform_port_warning()
            .into_iter()
            .chain(proxies)
            .collect();
        config.warnings.extend(warnings);
        let issuers: Vec<_> = config.issuers.iter().map(ValidIssuer::issuer).collect();
        config.approvals.check(&issuers, errors);
        Self {
            paths: Paths::new(&config.listening, &resource, errors),
            config,
            bind,
            audiences,
            resource,
        }
    }

    /// The key that seals state which tools leave with the client, if one is set.
    pub fn state_key(&self) -> Option<[u8; 32]> {
        self.config.state_key.map(StateKey::bytes)
    }

    /// The previous state key, if one is set. It only opens state that it has sealed.
    pub fn previous_state_key(&self) -> Option<[u8; 32]> {
        self.config.previous_state_key.map(StateKey::bytes)
    }

    /// The store that replicas share, if there is one.
    pub fn store(&self) -> Option<Arc<dyn SharedStore>> {
        self.config.store.store.clone()
    }

    /// How old the copy of the revocations may be.
    pub fn revocation_times(&self) -> RevocationTimes {
        self.config.store.times
    }

    /// The audit log, if there is one.
    pub fn audit(&self) -> Option<ValidAudit<'_>> {
        self.config.audit.valid()
    }

    /// The listener of the operator.
    pub fn admin(&self) -> &AdminSettings {
        &self.config.admin
    }

    /// The address of the metrics, if they are served.
    pub fn metrics(&self) -> Option<SocketAddr> {
        self.config.metrics
    }

    /// Where traces are sent, if they are.
    #[cfg(feature = "traces")]
    pub fn traces(&self) -> Option<&toolgate_traces::TraceSettings> {
        self.config.traces.as_ref()
    }

    /// Whether clients may get sessions.
    pub fn has_sessions(&self) -> bool {
        self.config.has_sessions
    }

    /// Whether the start-up banner is printed.
    pub fn has_banner(&self) -> bool {
        self.config.has_banner
    }

    /// How long `/readyz` answers 503 before the port closes.
    pub fn drain(&self) -> Duration {
        self.config.drain
    }

    /// The address to listen on.
    pub fn bind(&self) -> SocketAddr {
        self.bind
    }

    /// The protected resource.
    pub fn resource(&self) -> &ResourceIdentifier {
        &self.resource
    }

    /// The accepted audiences, the resource first. A token must carry one of them.
    pub fn audiences(&self) -> &[String] {
        &self.audiences
    }

    /// The trusted issuers. Clients use the first.
    pub fn issuers(&self) -> &[ValidIssuer] {
        &self.config.issuers
    }

    /// The paths of the server.
    pub fn paths(&self) -> &Paths {
        &self.paths
    }

    /// Returns `resource_documentation` (RFC 9728 §2). A mounted router has a page of its own
    /// only if it was asked for.
    pub fn docs_url(&self, is_mounted: bool) -> Option<String> {
        let own = || self.paths.docs_url(is_mounted);
        self.config.listening.docs_url.clone().or_else(own)
    }

    /// `resource_name` (RFC 9728 §2), if it differs from the server's name.
    pub fn resource_name(&self) -> Option<&str> {
        self.config.resource_name.as_deref()
    }

    /// Which scopes the metadata publishes.
    pub fn published_scopes(&self) -> PublishedScopes {
        self.config.published_scopes
    }

    /// How much clocks may differ.
    pub fn leeway(&self) -> Duration {
        self.config.leeway
    }

    /// The limits of one request.
    pub fn limits(&self) -> &RequestLimits {
        &self.config.limits
    }

    /// How often callers may send requests.
    pub fn rates(&self) -> &RateSettings {
        &self.config.rates
    }

    /// The limits on the number and lifetime of sessions.
    pub fn session_limits(&self) -> SessionLimits {
        self.config.session_limits
    }

    /// The rules for key-bound tokens (RFC 9449).
    pub fn dpop(&self) -> &Dpop {
        &self.config.dpop
    }

    /// The client that signs users in for approvals at an issuer, if an operator registered one.
    #[cfg(feature = "approval")]
    pub fn approval_client(&self, issuer: &str) -> Option<&crate::issuer::ClientAuthentication> {
        self.config.approvals.client(issuer)
    }

    /// The decisions about approvals in a test.
    #[cfg(all(feature = "approval", feature = "testing"))]
    pub fn test_approvals(&self) -> super::TestApprovals {
        self.config.test_approvals()
    }

    /// How long a request waits for an approval.
    #[cfg(feature = "approval")]
    pub fn approval_wait(&self) -> Duration {
        self.config.approvals.wait()
    }

    /// The metadata document that the user provides.
    pub fn document(&self) -> Option<&ResourceMetadata> {
        self.config.document.as_ref()
    }

    /// The warnings to print at the start.
    pub fn warnings(&self) -> &[String] {
        &self.config.warnings
    }

    /// What the operator should know and need not change.
    pub fn notes(&self) -> &[String] {
        &self.config.notes
    }

    /// The values of `Host` that are accepted in addition to [`ValidConfig::hosts`]. No response
    /// names them.
    pub fn further_hosts(&self) -> &[String] {
        &self.config.allowed.hosts
    }

    /// Returns the accepted values of `Host`: the resource's own and, if the server listens
    /// on loopback, every loopback name of this machine. Any other name could be a foreign
    /// name that resolves to this address (DNS rebinding).
    pub fn hosts(&self, local: SocketAddr) -> Vec<String> {
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
    pub fn origins(&self) -> Vec<String> {
        if self.config.allowed.origins.is_empty() && !self.resource.is_loopback() {
            vec![self.resource.origin().to_owned()]
        } else {
            self.config.allowed.origins.clone()
        }
    }

    /// Returns whether pages of any loopback origin may call: if no origin is listed and the
    /// resource is on loopback. For other resources, a page served from a visitor's own
    /// machine is as foreign as any.
    pub fn allows_loopback_origins(&self) -> bool {
        self.config.allowed.origins.is_empty() && self.resource.is_loopback()
    }

    /// Returns whether the embedded development issuer may run: no other issuer is trusted,
    /// neither the socket nor a proxy before it is reachable from other machines, and requests
    /// for the root of the origin, where its paths are, arrive here.
    pub fn may_issue_for_development(&self) -> bool {
        self.config.issuers.is_empty()
            && self.bind.ip().is_loopback()
            && self.resource.is_loopback()
            && !self.paths.is_below_root()
    }

    /// Whether the development issuer grants requests without asking the person.
    pub fn consents_automatically(&self) -> bool {
        self.config.automatic_consent
    }

    /// Adds the error that items require scopes, but no issuer can grant them.
    pub fn add_no_issuer_error(&self, errors: &mut SetupErrors) {
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
pub struct ValidIssuer(Issuer);

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

    /// Enables introspection, if none is configured.
    pub(super) fn introspect(&mut self, introspection: Introspection) {
        if self.0.introspection().is_none() {
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
    pub fn issuer(&self) -> &str {
        self.0.name()
    }

    /// The further accepted values of `iss`.
    #[cfg(test)]
    pub fn spellings(&self) -> Vec<&str> {
        self.0.spellings().skip(1).collect()
    }

    /// The configuration of the issuer.
    pub fn settings(&self) -> &Issuer {
        &self.0
    }
}

/// The id and secret of a client at its provider. `Debug` redacts the secret.
#[derive(Clone)]
pub struct ClientCredentials {
    id: String,
    secret: String,
}

impl ClientCredentials {
    pub(super) fn new(id: &str, secret: &str) -> Self {
        Self {
            id: id.to_owned(),
            secret: secret.to_owned(),
        }
    }

    /// The client's id (RFC 6749 §2.2).
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The client's secret (RFC 6749 §2.3.1).
    pub fn secret(&self) -> &str {
        &self.secret
    }
}

impl fmt::Debug for ClientCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCredentials")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
