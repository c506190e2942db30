//! The settings of the sign-ins for approvals (`approve = "…"`).

use std::time::Duration;

use super::Config;
use crate::{issuer::ClientAuthentication, start_error::SetupErrors};

/// The longest wait for a decision. A proxy in front of the server can end a longer silent request.
const MAX_WAIT: Duration = Duration::from_secs(60);

/// The clients that an operator has registered, and how long a request waits.
#[derive(Debug, Clone)]
pub(super) struct ApprovalSettings {
    /// The client at each issuer, by the name of the issuer.
    clients: Vec<(String, ClientAuthentication)>,
    wait: Duration,
}

impl Default for ApprovalSettings {
    fn default() -> Self {
        Self {
            clients: Vec::new(),
            wait: Duration::from_secs(30),
        }
    }
}

impl ApprovalSettings {
    #[cfg(feature = "approval")]
    pub(super) fn client(&self, issuer: &str) -> Option<&ClientAuthentication> {
        let mut clients = self.clients.iter();
        let (_, client) = clients.find(|(name, _)| name == issuer)?;
        Some(client)
    }

    /// Returns the issuers with the ids of the clients.
    pub(super) fn clients(&self) -> impl Iterator<Item = (&str, &str)> {
        let clients = self.clients.iter();
        clients.map(|(issuer, client)| (issuer.as_str(), client.client_id()))
    }

    pub(super) fn wait(&self) -> Duration {
        self.wait
    }

    /// Reports clients of issuers that are not configured.
    pub(super) fn check(&self, issuers: &[&str], errors: &mut SetupErrors) {
        for (name, _) in &self.clients {
            if !issuers.contains(&name.as_str()) {
                errors.add(
                    format!("a client for approvals is registered at the issuer {name:?}, which is not configured; the configured issuers are {issuers:?}"),
                    "name a configured issuer in `with_approval_client`, character by character",
                );
            }
        }
    }
}

impl Config {
    /// Signs users in for approvals (`approve = "…"`) at this issuer as this client, which you have
    /// registered there. Its redirect URI is `<origin>/approvals/callback`, below the path prefix
    /// of the server. Without such a client, the server registers itself (RFC 7591), if the issuer
    /// allows that. The credentials are checked at start-up.
    ///
    /// ```
    /// use toolgate::{Config, issuer::ClientAuthentication};
    ///
    /// let config = Config::new("https://mcp.example.com/mcp")
    ///     .with_issuer("https://login.example.com")
    ///     .with_approval_client(
    ///         "https://login.example.com",
    ///         ClientAuthentication::public("approvals"),
    ///     );
    /// ```
    #[must_use]
    pub fn with_approval_client(
        mut self,
        issuer: impl Into<String>,
        client: ClientAuthentication,
    ) -> Self {
        self.set_approval_client(issuer.into(), client);
        self
    }

    pub(super) fn set_approval_client(&mut self, issuer: String, client: ClientAuthentication) {
        self.approvals.clients.retain(|(name, _)| *name != issuer);
        self.approvals.clients.push((issuer, client));
    }

    /// Sets how long a request waits for the decision of its user (`approve = "…"`) before the
    /// client is asked to open the page again: 30 seconds by default, at most 60.
    #[must_use]
    pub fn with_approval_wait(mut self, wait: Duration) -> Self {
        match wait > MAX_WAIT {
            true => self.add_error(
                format!("a request waits {} seconds for an approval", wait.as_secs()),
                format!("use at most {} seconds", MAX_WAIT.as_secs()),
            ),
            false => self.approvals.wait = wait,
        }
        self
    }
}
