//! What a server needs to know before it starts.
//!
//! [`Config`] takes what people write, from the environment or by code, and keeps every
//! fault that it finds. Only [`Config::settle`] makes [`Settings`] of it, when there is
//! none, and the server reads nothing else: what is served was judged.
//!
//! - `environment`: the process's variables and the `.env` file (`dotenv`)
//! - `variables`: which variable means what, in our spelling; `scalekit`: in theirs
//! - `address`: resources, issuers and origins, which are text
//! - `document`: a metadata document that somebody brings
//! - `limits`: what one request may cost
//! - `settings`: what came out, and what follows from it

use std::net::{Ipv4Addr, SocketAddr};

mod address;
mod document;
mod dotenv;
mod environment;
mod limits;
mod scalekit;
mod settings;
mod state_key;
#[cfg(test)]
mod tests;
mod variables;

pub use environment::Environment;
use state_key::StateKey;
pub(crate) use {
    address::{DOCS_PATH, LIVENESS_PATH, METADATA_PATH, READINESS_PATH, Resource},
    document::Document,
    settings::{ClientCredentials, Settings, TrustedIssuer},
};

use crate::{
    error::{Faults, StartError},
    gate::{Limits, SessionLimits},
    issuer::Issuer,
    principal::MAX_LEEWAY,
    verify::Dpop,
};

/// The port where nothing else is said.
const PORT: u16 = 8000;

/// How a server is reached, and whom it trusts.
///
/// A fault in a value does not surface here: the server gathers it with all others when
/// it starts, each with its remedy. A value that is set by code replaces the one that
/// the environment gave; audiences, issuers and origins are added to.
///
/// ```
/// let config = toolgate::Config::new("https://mcp.example.com/mcp")
///     .with_bind(([0, 0, 0, 0], 8000).into())
///     .with_issuer("https://login.example.com");
/// assert!(config.notes().is_empty());
/// ```
#[derive(Debug, Clone)]
pub struct Config {
    resource: Option<Resource>,
    bind: Option<SocketAddr>,
    default_port: u16,
    audiences: Vec<String>,
    issuers: Vec<TrustedIssuer>,
    origins: Vec<String>,
    docs_url: Option<String>,
    resource_name: Option<String>,
    leeway: u64,
    limits: Limits,
    session_limits: SessionLimits,
    dpop: Dpop,
    document: Option<Document>,
    credentials: Option<ClientCredentials>,
    state_key: Option<StateKey>,
    automatic_consent: bool,
    notes: Vec<String>,
    faults: Vec<(String, String)>,
}

impl Config {
    /// A server whose canonical URI is `resource` (RFC 8707 §2): the URL that clients
    /// connect to, whose path is the MCP endpoint's, and the audience that a token must
    /// carry. It listens on `127.0.0.1:8000` until told otherwise.
    #[must_use]
    pub fn new(resource: impl Into<String>) -> Self {
        let mut config = Self::unset(PORT);
        config.set_resource("the resource", &resource.into(), Slash::Refused);
        config
    }

    /// Reads the `TOOLGATE_…` variables, and Scalekit's in the spelling of its guides,
    /// from the process and from `.env`; everything has a default that suits a laptop.
    ///
    /// # Errors
    ///
    /// [`StartError`] with every fault of the variables, by their names.
    pub fn from_env() -> Result<Self, StartError> {
        Self::from_env_with_port(PORT)
    }

    /// The same, with another port where neither `TOOLGATE_BIND` nor `PORT` is set.
    ///
    /// # Errors
    ///
    /// As [`Config::from_env`].
    pub fn from_env_with_port(port: u16) -> Result<Self, StartError> {
        Self::from_environment(&Environment::load()?, port)
    }

    /// The same, from variables that were read before: for a program that has some of
    /// its own in the `.env` file.
    ///
    /// # Errors
    ///
    /// As [`Config::from_env`].
    pub fn from_environment(environment: &Environment, port: u16) -> Result<Self, StartError> {
        let config = variables::read(environment, port);
        if !config.faults.is_empty() {
            config.settle()?;
        }
        // What could still be amiss is a combination, which code can mend before the start.
        Ok(config)
    }

    /// Listens on this address.
    #[must_use]
    pub fn with_bind(mut self, address: SocketAddr) -> Self {
        self.bind = Some(address);
        self
    }

    /// Accepts tokens for this audience as well: a provider's own id of the resource.
    #[must_use]
    pub fn with_audience(mut self, audience: impl Into<String>) -> Self {
        self.add_audience("the audience", &audience.into());
        self
    }

    /// Trusts this issuer, written as its metadata writes it (RFC 8414 §2). What is
    /// particular about a well-known provider goes with its address; for anything else
    /// give an [`Issuer`]. It replaces one of the same name.
    #[must_use]
    pub fn with_issuer(mut self, issuer: impl Into<Issuer>) -> Self {
        self.add_issuer("the issuer", issuer.into());
        self
    }

    /// Lets pages of this origin call, `https://app.example.com` for one. Without any,
    /// pages of this machine may call a server on loopback, and elsewhere those of the
    /// resource's own origin.
    #[must_use]
    pub fn with_origin(mut self, origin: impl Into<String>) -> Self {
        self.add_origin("the origin", &origin.into());
        self
    }

    /// Publishes this page as `resource_documentation` (RFC 9728 §2) instead of `/docs`.
    #[must_use]
    pub fn with_docs_url(mut self, url: impl Into<String>) -> Self {
        self.set_docs_url("the documentation's address", &url.into());
        self
    }

    /// Publishes this as `resource_name` (RFC 9728 §2) instead of the server's name.
    #[must_use]
    pub fn with_resource_name(mut self, name: impl Into<String>) -> Self {
        self.resource_name = Some(name.into());
        self
    }

    /// Allows clocks to differ by this many seconds: 30 by default, 300 at most.
    #[must_use]
    pub fn with_leeway(mut self, seconds: u64) -> Self {
        if seconds > MAX_LEEWAY {
            self.fault(
                format!(
                    "the leeway is {seconds} seconds, and a token would outlive its end for long"
                ),
                format!("allow {MAX_LEEWAY} seconds at most, and set the clocks"),
            );
        } else {
            self.leeway = seconds;
        }
        self
    }

    /// Bounds the sessions of clients before revision 2026-07-28: how many there can be, and
    /// how long one lives that nobody uses.
    #[must_use]
    pub fn with_session_limits(mut self, limits: SessionLimits) -> Self {
        match limits.flaw() {
            Some((what, remedy)) => self.fault(what, remedy),
            None => self.session_limits = limits,
        }
        self
    }

    /// Seals what tools keep in the client's hands between two rounds of one call
    /// ([`Round`](crate::Round)) with this key: 32 random bytes that nobody else knows.
    ///
    /// Without it a server makes one when it starts. It then takes nothing back from
    /// before, nor from another replica: such a call is refused, and has to begin anew. A
    /// key whose bytes are all alike keeps the server from starting.
    #[must_use]
    pub fn with_state_key(mut self, key: [u8; 32]) -> Self {
        self.set_state_key("the state key", StateKey::new(key));
        self
    }

    /// Says whether tokens can, or must, be bound to a key of their client (RFC 9449).
    /// They can by default.
    #[must_use]
    pub fn with_dpop(mut self, dpop: Dpop) -> Self {
        match dpop.flaw() {
            Some((what, remedy)) => self.fault(what, remedy),
            None => self.dpop = dpop,
        }
        self
    }

    /// Lets the development issuer say yes for the person, to all that is asked for: for
    /// tests, in which nobody is there to press a button.
    ///
    /// It does so towards programs on this machine alone. Where the development issuer
    /// does not exist, because an issuer is configured or anything is not on loopback, a
    /// server with this set does not start. No variable sets it.
    #[must_use]
    pub fn with_automatic_consent(mut self) -> Self {
        self.automatic_consent = true;
        self
    }

    /// What a person should be told at the start: settings that contradict each other,
    /// names that nobody reads.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Nothing said yet.
    fn unset(default_port: u16) -> Self {
        Self {
            resource: None,
            bind: None,
            default_port,
            audiences: Vec::new(),
            issuers: Vec::new(),
            origins: Vec::new(),
            docs_url: None,
            resource_name: None,
            leeway: 30,
            limits: Limits::default(),
            session_limits: SessionLimits::default(),
            dpop: Dpop::default(),
            document: None,
            credentials: None,
            state_key: None,
            automatic_consent: false,
            notes: Vec::new(),
            faults: Vec::new(),
        }
    }

    /// Keeps a key, or what is wrong with it: never the key, of which a slip tells much.
    fn set_state_key(&mut self, source: &str, key: Result<StateKey, &'static str>) {
        match key {
            Ok(key) => self.state_key = Some(key),
            Err(fault) => self.fault(
                format!("{source} {fault}"),
                "make one with `openssl rand -base64 32`, the same for every replica",
            ),
        }
    }

    fn fault(&mut self, what: impl Into<String>, remedy: impl Into<String>) {
        self.faults.push((what.into(), remedy.into()));
    }

    /// Keeps a flaw under the name that its owner knows.
    fn flawed(&mut self, source: &str, text: &str, flaw: address::Flaw) {
        let shown = address::shown(text);
        self.fault(
            format!("{source} is {shown}, which {}", flaw.what),
            flaw.remedy,
        );
    }

    fn set_resource(&mut self, source: &str, text: &str, slash: Slash) {
        // Stands in for a flawed one, which is then told once.
        let stand_in = Resource::local(SocketAddr::from((Ipv4Addr::LOCALHOST, self.default_port)));
        self.resource = Some(stand_in);
        match Resource::read(text) {
            Ok(resource) if resource.has_trailing_slash() && slash == Slash::Refused => {
                let bare = text.trim_end_matches('/');
                self.fault(
                    format!(
                        "{source} is {}, which ends in a slash, and clients compare it character for character with the URL that their user typed",
                        address::shown(text)
                    ),
                    format!("write {bare}; the server answers with and without the slash"),
                );
            }
            Ok(resource) => self.resource = Some(resource),
            Err(flaw) => self.flawed(source, text, flaw),
        }
    }

    fn add_audience(&mut self, source: &str, text: &str) {
        // Any string is an audience (RFC 7519 §4.1.3); an empty one is a mistake.
        if text.trim().is_empty() {
            self.fault(format!("{source} is empty"), "leave it out, or name one");
        } else if !self.audiences.iter().any(|known| known == text) {
            self.audiences.push(text.to_owned());
        }
    }

    fn add_issuer(&mut self, source: &str, issuer: Issuer) {
        if let Err(flaw) = address::judge_issuer(issuer.name()) {
            self.flawed(source, issuer.name(), flaw);
            return;
        }
        let mut known = self.issuers.iter_mut();
        let same = known.find(|known| known.issuer() == issuer.name());
        let issuer = TrustedIssuer::new(issuer);
        match same {
            Some(same) => *same = issuer,
            None => self.issuers.push(issuer),
        }
    }

    fn add_origin(&mut self, source: &str, text: &str) {
        match address::judge_origin(text) {
            Ok(()) => self.origins.push(text.to_owned()),
            Err(flaw) => self.flawed(source, text, flaw),
        }
    }

    fn set_docs_url(&mut self, source: &str, text: &str) {
        match address::judge_page(text) {
            Ok(()) => self.docs_url = Some(text.to_owned()),
            Err(flaw) => self.flawed(source, text, flaw),
        }
    }

    /// Judges the whole, and gives what a server may run with.
    ///
    /// # Errors
    ///
    /// [`StartError`] with every fault of the values, and of their combination.
    pub(crate) fn settle(&self) -> Result<Settings, StartError> {
        let mut faults = Faults::default();
        for (what, remedy) in &self.faults {
            faults.add(what, remedy);
        }
        let bind = self
            .bind
            .unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, self.default_port)));
        if self.resource.is_none() && (!bind.ip().is_loopback() || bind.port() == 0) {
            faults.add(
                format!(
                    "nothing says under which URL clients reach the server that listens on {bind}"
                ),
                "set TOOLGATE_RESOURCE to that URL, such as https://mcp.example.com/mcp",
            );
        }
        let resource = match &self.resource {
            Some(resource) => resource.clone(),
            None => Resource::local(bind),
        };
        faults.finish(Settings::new(self, bind, resource))
    }
}

/// Whether a resource may end in a slash.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Slash {
    Refused,
    /// It is registered like that at a provider, whose guide says so.
    Registered,
}
