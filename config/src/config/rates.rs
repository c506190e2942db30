//! How often callers may send requests, and the proxies that name the addresses of clients.

use super::{Config, Environment, redacted_value::quoted_without_secrets, variable::items};
use crate::{rate::Rate, start_error::SetupErrors, trusted_proxies::TrustedProxies};

pub(super) const CALLER_RATE: &str = "TOOLGATE_CALLER_RATE";
pub(super) const UNAUTHENTICATED_RATE: &str = "TOOLGATE_UNAUTHENTICATED_RATE";
pub(super) const FAILED_RATE: &str = "TOOLGATE_FAILED_AUTHENTICATION_RATE";
pub(super) const PROXIES: &str = "TOOLGATE_TRUSTED_PROXIES";

/// The word for a server without a proxy.
const NONE: &str = "none";

impl Config {
    /// Limits how often one caller may send requests, over all items, with a valid token. A caller
    /// is an issuer and a subject, or an issuer and a client if the token has no subject. A request
    /// beyond the rate gets 429 `rate_limited` before anything runs. There is no limit by default.
    ///
    /// ```
    /// use toolgate::{Config, gate::Rate};
    ///
    /// let config = Config::new("https://mcp.example.com/mcp")
    ///     .with_caller_rate(Rate::per_minute(600).with_burst(100));
    /// # assert!(config.warnings().is_empty());
    /// ```
    #[must_use]
    pub fn with_caller_rate(mut self, rate: Rate) -> Self {
        self.rates.caller = self.checked("the rate of a caller", rate);
        self
    }

    /// Limits how often one address may send requests without a valid token. A request beyond the
    /// rate gets 429 `rate_limited`. Valid tokens are not counted. The server does not start
    /// without [`with_trusted_proxies`](Self::with_trusted_proxies). There is no limit by default.
    ///
    /// Every sign-in begins with a request without a token, and clients behind one address share
    /// its rate.
    ///
    /// ```
    /// use toolgate::{Config, gate::Rate};
    ///
    /// let config = Config::new("https://mcp.example.com/mcp")
    ///     .with_trusted_proxies(["10.0.0.0/8"])
    ///     .with_unauthenticated_rate(Rate::per_minute(300));
    /// # assert!(config.warnings().is_empty());
    /// ```
    #[must_use]
    pub fn with_unauthenticated_rate(mut self, rate: Rate) -> Self {
        self.rates.unauthenticated = self.checked("the rate without a valid token", rate);
        self
    }

    /// Limits how often one address may send a token that is not valid. Expired tokens are not
    /// counted, because the tokens of every client expire. Beyond the rate, the server still
    /// verifies a token if this needs no request to its issuer, so that other callers behind the
    /// address are served; all other tokens get 429 `rate_limited`. With a `TokenVerifier` of your
    /// own, every token is treated as if it needed such a request. The server does not start
    /// without [`with_trusted_proxies`](Self::with_trusted_proxies). There is no limit by default.
    ///
    /// ```
    /// use toolgate::{Config, gate::Rate};
    ///
    /// let config = Config::new("https://mcp.example.com/mcp")
    ///     .with_trusted_proxies(["10.0.0.0/8"])
    ///     .with_failed_authentication_rate(Rate::per_minute(30));
    /// # assert!(config.warnings().is_empty());
    /// ```
    #[must_use]
    pub fn with_failed_authentication_rate(mut self, rate: Rate) -> Self {
        self.rates.failures = self.checked("the rate of failed authentication", rate);
        self
    }

    /// Names the proxies in front of this server, by address or network: `192.0.2.7`,
    /// `10.0.0.0/8`, `2001:db8::/32`. An empty list means that there is no proxy: every peer is a
    /// client.
    ///
    /// The address of a client is used for rates, and for nothing else: never for `Host`, for the
    /// scheme or as an identity. It is the address of the peer. If the peer is a trusted proxy, it
    /// is the last address in `Forwarded` (RFC 7239) or in `X-Forwarded-For` that does not belong
    /// to a trusted proxy. If a request has both headers, the client can have written one of them,
    /// so the request counts for the proxy. Headers from other peers are ignored.
    ///
    /// An application that serves the router itself passes on the address of the peer with
    /// `into_make_service_with_connect_info::<SocketAddr>()`. Without it, rates by address are not
    /// enforced, and the log has an error.
    ///
    /// ```
    /// let config = toolgate::Config::new("https://mcp.example.com/mcp")
    ///     .with_trusted_proxies(["10.0.0.0/8", "192.0.2.7"]);
    /// # assert!(config.warnings().is_empty());
    /// ```
    #[must_use]
    pub fn with_trusted_proxies<T: AsRef<str>>(
        mut self,
        networks: impl IntoIterator<Item = T>,
    ) -> Self {
        let mut proxies = TrustedProxies::default();
        for network in networks {
            self.add_proxy(&mut proxies, "the trusted proxy", network.as_ref());
        }
        self.rates.proxies = Some(proxies);
        self
    }

    /// Returns a rate that the code sets, or adds its error.
    fn checked(&mut self, name: &str, rate: Rate) -> Option<Rate> {
        match rate.flaw() {
            None => Some(rate),
            Some((what, remedy)) => {
                self.add_error(format!("{name} {what}"), remedy);
                None
            }
        }
    }

    fn add_proxy(&mut self, proxies: &mut TrustedProxies, source: &str, text: &str) {
        if let Err((what, remedy)) = proxies.add(text) {
            let shown = quoted_without_secrets(text);
            self.add_error(format!("{source} {shown} {what}"), remedy);
        }
    }

    /// Reports rates by address if the proxies are not known: behind a proxy, all clients have the
    /// same address, so one client could use up the rate of all of them.
    pub(super) fn check_rates(&self, errors: &mut SetupErrors) {
        let rates = &self.rates;
        // An invalid list has its own error and counts as set.
        if rates.proxies.is_none() && rates.limits_unauthenticated() {
            errors.add(
                "requests without a valid token are limited by address, and it is not known which peers are proxies: behind one, all clients would share one limit",
                format!("set {PROXIES} to the addresses of your proxies, such as 10.0.0.0/8, or to {NONE} if clients connect to this server directly"),
            );
        }
    }
}

/// Reads the variables. Errors are stored in the configuration.
pub(super) fn read(config: &mut Config, environment: &Environment) {
    config.rates.caller = read_rate(config, environment, CALLER_RATE);
    config.rates.unauthenticated = read_rate(config, environment, UNAUTHENTICATED_RATE);
    config.rates.failures = read_rate(config, environment, FAILED_RATE);
    let Some(list) = environment.get(PROXIES) else {
        return;
    };
    let mut proxies = TrustedProxies::default();
    if list != NONE {
        let networks = items(list);
        if networks.is_empty() {
            config.add_error(
                format!(
                    "{PROXIES} is {}, which names no proxy",
                    quoted_without_secrets(list)
                ),
                format!("write the addresses of your proxies, or {NONE} if there are none"),
            );
        }
        for network in networks {
            config.add_proxy(&mut proxies, PROXIES, network);
        }
    }
    config.rates.proxies = Some(proxies);
}

fn read_rate(config: &mut Config, environment: &Environment, name: &str) -> Option<Rate> {
    let text = environment.get(name)?;
    match text.parse() {
        Ok(rate) => Some(rate),
        Err(error) => {
            config.add_error(
                format!("{name} is {}, which is not a rate", quoted_without_secrets(text)),
                format!("write another value, or remove the variable: {error}, with numbers from 1 to 1000000"),
            );
            None
        }
    }
}

#[cfg(test)]
mod tests;
