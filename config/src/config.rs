//! The configuration of a server.
//!
//! [`Config`] holds what the environment or the code sets, and every error in it.
//! [`Config::validate`] validates it and builds [`ValidConfig`]; the server reads only these.
//!
//! - `environment`: the variables of the process, of the `.env` file (`dotenv`) and of the file that
//!   `TOOLGATE_CONFIG` names (`config_file`)
//! - `variable`: their names; `from_env`: the meaning of Toolgate's; `scalekit`: of Scalekit's;
//!   `unknown_variables`: names that are probably misspelt
//! - `resource_identifier`: the resource as text; `url_validation`: other URLs, hosts and origins
//! - `well_known_paths`: the server's own paths; `redacted_value`: a value in a message
//! - `listen_settings`: where the server is reached; `paths`: the paths that follow from it;
//!   `allowed_origins`: the hosts and the origins of requests
//! - `private_issuers`: how an issuer inside your own network is reached
//! - `resource_metadata`: a protected resource metadata document that the user provides
//! - `rates`: how often callers may send requests, and the proxies that name client addresses
//! - `request_limit_setters`: limits of one request; `leeway_and_drain`: two times; `state_key`:
//!   the keys that seal state
//! - `store_settings`: the store that replicas share
//! - `approval_settings`: how users sign in to approve requests
//! - `audit_settings`, `metrics_settings`, `traces_settings`: what observes the server
//! - `report`: the settings as text, for `--print-config`
//! - `valid_config`: the validated configuration and the values derived from it

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

mod admin_settings;
mod allowed_origins;
mod approval_settings;
mod audit_settings;
mod config_file;
mod dotenv;
mod dpop_settings;
mod environment;
mod from_env;
mod leeway_and_drain;
mod listen_settings;
mod metrics_settings;
mod paths;
mod private_issuers;
mod published_scopes;
mod rates;
mod redacted_value;
mod report;
mod request_limit_setters;
mod resource_identifier;
mod resource_metadata;
mod scalekit;
mod state_key;
#[cfg(feature = "stdio")]
mod stdio_settings;
mod store_settings;
#[cfg(all(feature = "approval", feature = "testing"))]
mod test_approvals;
#[cfg(test)]
mod tests;
mod traces_settings;
mod unknown_variables;
mod url_validation;
mod valid_config;
mod variable;
mod well_known_paths;

pub use admin_settings::AdminSettings;
pub use audit_settings::ValidAudit;
pub use environment::Environment;
pub use published_scopes::PublishedScopes;
#[cfg(all(feature = "approval", feature = "testing"))]
pub use test_approvals::TestApprovals;
use {
    allowed_origins::AllowedOrigins, approval_settings::ApprovalSettings,
    audit_settings::AuditSettings, leeway_and_drain::MAX_DRAIN, listen_settings::ListenSettings,
    state_key::StateKey, store_settings::StoreSettings,
};
pub use {
    paths::Paths,
    resource_identifier::ResourceIdentifier,
    resource_metadata::{MergedMetadata, ResourceMetadata},
    valid_config::{ClientCredentials, ValidConfig, ValidIssuer},
    well_known_paths::{LIVENESS_PATH, READINESS_PATH},
};

use crate::{
    issuer::Issuer,
    rate_settings::RateSettings,
    request_limits::RequestLimits,
    session_limits::SessionLimits,
    start_error::{SetupErrors, StartError},
    verify::Dpop,
};

/// The default port.
const PORT: u16 = 8000;

/// The address of a server, the issuers it trusts, and its limits.
///
/// Setters do not fail: the server reports all errors together when it starts, each with its
/// remedy. A value set by code replaces the one from the environment; audiences, issuers and
/// origins are added.
///
/// ```
/// let config = toolgate::Config::new("https://mcp.example.com/mcp")
///     .with_bind(([0, 0, 0, 0], 8000).into())
///     .with_issuer("https://login.example.com");
/// assert!(config.warnings().is_empty());
/// ```
#[derive(Debug, Clone)]
pub struct Config {
    resource: Option<ResourceIdentifier>,
    listening: ListenSettings,
    allowed: AllowedOrigins,
    private_issuers: Vec<String>,
    default_port: u16,
    audiences: Vec<String>,
    issuers: Vec<ValidIssuer>,
    resource_name: Option<String>,
    leeway: Duration,
    limits: RequestLimits,
    rates: RateSettings,
    session_limits: SessionLimits,
    dpop: Dpop,
    published_scopes: PublishedScopes,
    document: Option<ResourceMetadata>,
    approvals: ApprovalSettings,
    #[cfg(all(feature = "approval", feature = "testing"))]
    test_approvals: TestApprovals,
    credentials: Option<ClientCredentials>,
    state_key: Option<StateKey>,
    previous_state_key: Option<StateKey>,
    store: StoreSettings,
    audit: AuditSettings,
    metrics: Option<SocketAddr>,
    admin: AdminSettings,
    #[cfg(feature = "traces")]
    traces: Option<toolgate_traces::TraceSettings>,
    has_sessions: bool,
    has_banner: bool,
    drain: Duration,
    automatic_consent: bool,
    warnings: Vec<String>,
    notes: Vec<String>,
    errors: Vec<(String, String)>,
    /// The variable that set a setting, if several can; the key is Toolgate's own variable.
    sources: BTreeMap<&'static str, &'static str>,
}

impl Config {
    /// Builds the configuration of a server whose canonical URI is `resource` (RFC 8707 §2):
    /// the URL that clients connect to. Its path is the path of the MCP endpoint, and a token
    /// must carry the URI as its audience. The server listens on `127.0.0.1:8000` by default.
    #[must_use]
    pub fn new(resource: impl Into<String>) -> Self {
        let mut config = Self::unset(PORT);
        config.set_resource("the resource", &resource.into(), Slash::Refused);
        config
    }

    /// Reads the `TOOLGATE_…` variables and Scalekit's, as its guides spell them, from the
    /// process and from `.env`. Every variable has a default for local development.
    ///
    /// # Errors
    ///
    /// [`StartError`] with every error, named by its variable.
    pub fn from_env() -> Result<Self, StartError> {
        Self::from_env_with_port(PORT)
    }

    /// Like [`Config::from_env`], with this default port if neither `TOOLGATE_BIND` nor
    /// `PORT` is set.
    ///
    /// # Errors
    ///
    /// As [`Config::from_env`].
    pub fn from_env_with_port(port: u16) -> Result<Self, StartError> {
        Self::from_environment(&Environment::load()?, port)
    }

    /// Like [`Config::from_env`], from an [`Environment`] that is already loaded: for a
    /// program that reads variables of its own from the `.env` file.
    ///
    /// # Errors
    ///
    /// As [`Config::from_env`].
    pub fn from_environment(environment: &Environment, port: u16) -> Result<Self, StartError> {
        let config = from_env::config_from(environment, port);
        if !config.errors.is_empty() {
            config.validate()?;
        }
        // Only a combination of values can still be wrong, and code can fix that before the
        // start.
        Ok(config)
    }

    /// Accepts tokens for this further audience, such as the provider's own id of the
    /// resource.
    #[must_use]
    pub fn with_audience(mut self, audience: impl Into<String>) -> Self {
        self.add_audience("the audience", &audience.into());
        self
    }

    /// Trusts this issuer, spelled as in its metadata (RFC 8414 §2). A URL of a well-known
    /// provider selects that provider's settings; for other settings pass an [`Issuer`].
    /// Replaces an issuer of the same name.
    #[must_use]
    pub fn with_issuer(mut self, issuer: impl Into<Issuer>) -> Self {
        self.add_issuer("the issuer", issuer.into());
        self
    }

    /// Publishes this as `resource_name` (RFC 9728 §2) instead of the server's name.
    #[must_use]
    pub fn with_resource_name(mut self, name: impl Into<String>) -> Self {
        self.resource_name = Some(name.into());
        self
    }

    /// Limits the sessions of clients older than revision 2026-07-28: their number and how
    /// long an idle one lives.
    #[must_use]
    pub fn with_session_limits(mut self, limits: SessionLimits) -> Self {
        match limits.flaw() {
            Some((what, remedy)) => self.add_error(what, remedy),
            None => self.session_limits = limits,
        }
        self
    }

    /// Sets whether tokens may or must be bound to a key of the client (RFC 9449). By default
    /// they may.
    #[must_use]
    pub fn with_dpop(mut self, dpop: Dpop) -> Self {
        match dpop.setup_error() {
            Some((what, remedy)) => self.add_error(what, remedy),
            None => self.dpop = dpop,
        }
        self
    }

    /// Makes the development issuer grant every request without asking the person: for tests.
    ///
    /// Only clients with a loopback redirect URI are granted automatically. If the
    /// development issuer does not run (an issuer is configured, or an address is not
    /// loopback), a server with this setting does not start. No environment variable sets it.
    #[must_use]
    pub fn with_automatic_consent(mut self) -> Self {
        self.automatic_consent = true;
        self
    }

    /// Returns warnings for the operator: settings that contradict each other, and unknown
    /// variables. A name that is nearly a known one is an error.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Builds a configuration in which nothing is set.
    fn unset(default_port: u16) -> Self {
        Self {
            resource: None,
            listening: ListenSettings::default(),
            allowed: AllowedOrigins::default(),
            private_issuers: Vec::new(),
            default_port,
            audiences: Vec::new(),
            issuers: Vec::new(),
            resource_name: None,
            leeway: Duration::from_secs(30),
            limits: RequestLimits::default(),
            rates: RateSettings::default(),
            session_limits: SessionLimits::default(),
            dpop: Dpop::default(),
            published_scopes: PublishedScopes::default(),
            document: None,
            approvals: ApprovalSettings::default(),
            #[cfg(all(feature = "approval", feature = "testing"))]
            test_approvals: TestApprovals::default(),
            credentials: None,
            state_key: None,
            previous_state_key: None,
            store: StoreSettings::default(),
            audit: AuditSettings::default(),
            metrics: None,
            admin: AdminSettings::default(),
            #[cfg(feature = "traces")]
            traces: None,
            has_sessions: true,
            has_banner: true,
            drain: Duration::ZERO,
            automatic_consent: false,
            warnings: Vec::new(),
            notes: Vec::new(),
            errors: Vec::new(),
            sources: BTreeMap::new(),
        }
    }

    fn add_error(&mut self, what: impl Into<String>, remedy: impl Into<String>) {
        self.errors.push((what.into(), remedy.into()));
    }

    fn set_resource(&mut self, source: &str, text: &str, slash: Slash) {
        // Replaces an invalid resource, so that it is reported only once.
        let stand_in =
            ResourceIdentifier::local(SocketAddr::from((Ipv4Addr::LOCALHOST, self.default_port)));
        self.resource = Some(stand_in);
        match ResourceIdentifier::parse(text) {
            Ok(resource) if resource.has_trailing_slash() && slash == Slash::Refused => {
                let bare = text.trim_end_matches('/');
                self.add_error(
                    format!(
                        "{source} is {}, which ends in a slash, but clients compare it character by character with the URL that the user typed",
                        redacted_value::quoted_without_secrets(text)
                    ),
                    format!("write {bare}; the server answers with and without the slash"),
                );
            }
            Ok(resource) => self.resource = Some(resource),
            Err(error) => self.add_value_error(source, text, error),
        }
    }

    fn add_audience(&mut self, source: &str, text: &str) {
        // Any string is an audience (RFC 7519 §4.1.3), but an empty one is a mistake.
        if text.trim().is_empty() {
            self.add_error(
                format!("{source} is empty"),
                "remove it, or set it to an audience",
            );
        } else if !self.audiences.iter().any(|known| known == text) {
            self.audiences.push(text.to_owned());
        }
    }

    fn add_issuer(&mut self, source: &str, issuer: Issuer) {
        if let Some((base, document)) = issuer.name().split_once("/.well-known/") {
            // RFC 8414 §3.1 puts the issuer's path after the well-known part.
            let path = document.find('/').map_or("", |at| &document[at..]);
            let shown = redacted_value::quoted_without_secrets(issuer.name());
            let meant = redacted_value::quoted_without_secrets(&format!("{base}{path}"));
            return self.add_error(
                format!("{source} is {shown}, which is the URL of the issuer's metadata"),
                format!("write the value of `issuer` in that document, probably {meant}"),
            );
        }
        if let Err(error) = url_validation::validate_issuer(issuer.name()) {
            self.add_value_error(source, issuer.name(), error);
            return;
        }
        let mut known = self.issuers.iter_mut();
        let same = known.find(|known| known.issuer() == issuer.name());
        let issuer = ValidIssuer::new(issuer);
        match same {
            Some(same) => *same = issuer,
            None => self.issuers.push(issuer),
        }
    }

    /// Validates the configuration and returns the settings to run with.
    ///
    /// # Errors
    ///
    /// [`StartError`] with every error in the values and in their combination.
    #[doc(hidden)]
    pub fn validate(&self) -> Result<ValidConfig, StartError> {
        let mut errors = SetupErrors::default();
        for (what, remedy) in &self.errors {
            errors.add(what, remedy);
        }
        let bind = self.bind();
        if self.resource.is_none() && (!bind.ip().is_loopback() || bind.port() == 0) {
            errors.add(
                format!(
                    "the server listens on {bind}, but the URL at which clients reach it is not set"
                ),
                "set TOOLGATE_RESOURCE to that URL, such as https://mcp.example.com/mcp",
            );
        }
        let resource = match &self.resource {
            Some(resource) => resource.clone(),
            None => ResourceIdentifier::local(bind),
        };
        self.check_rates(&mut errors);
        let valid = ValidConfig::new(self, bind, resource, &mut errors);
        errors.finish(valid)
    }
}

/// Whether a resource may end in a slash.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Slash {
    Refused,
    /// The resource is registered with a slash at a provider whose guide says so.
    Registered,
}
