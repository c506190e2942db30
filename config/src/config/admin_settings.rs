//! The listener of the operator. Its variables are read with and without the feature `admin`.

use std::{fmt, net::SocketAddr};

use super::{
    Config, Environment,
    redacted_value::quoted_without_secrets,
    variable::{ADMIN_SECRET, add_missing_feature},
};
use crate::{loopback::is_loopback_address, start_error::SetupErrors};

pub(super) const ADMIN_BIND: &str = "TOOLGATE_ADMIN_BIND";

/// The settings of the operator's listener, from the variables and from code.
#[derive(Clone, Default)]
pub struct AdminSettings {
    /// The address of the listener.
    pub bind: Option<SocketAddr>,
    /// The secret, which is read from its file.
    pub secret: Option<String>,
    has_secret: bool,
    /// The accepted values of `Host`, if code allows an address beyond this machine.
    pub remote_hosts: Vec<String>,
}

impl fmt::Debug for AdminSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdminSettings")
            .field("bind", &self.bind)
            .field("remote_hosts", &self.remote_hosts)
            .finish_non_exhaustive()
    }
}

impl Config {
    /// Returns whether an operator can switch items.
    #[doc(hidden)]
    #[must_use]
    pub fn has_admin(&self) -> bool {
        self.admin.bind.is_some()
    }

    /// Lets `TOOLGATE_ADMIN_BIND` name an address beyond this machine. `hosts` are the values of
    /// `Host` under which clients reach it, each with its port, such as `ops.internal:9465`.
    ///
    /// Dangerous: the listener speaks HTTP without TLS, so everyone on the path sees the secret, with
    /// which all access can be switched off. Put it into a network that only operators reach.
    #[must_use]
    pub fn dangerous_allow_admin_beyond_loopback<H: Into<String>>(
        mut self,
        hosts: impl IntoIterator<Item = H>,
    ) -> Self {
        self.admin.remote_hosts = hosts.into_iter().map(Into::into).collect();
        if self.admin.remote_hosts.is_empty() {
            self.add_error(
                "the listener of the operator has no name beyond this machine",
                "name the values of Host under which it is reached, such as ops.internal:9465",
            );
        }
        self
    }
}

/// Reads the variables.
pub(super) fn read(config: &mut Config, environment: &Environment) {
    let file = format!("{ADMIN_SECRET}_FILE");
    config.admin.has_secret = environment.get(&file).is_some();
    match environment.get(ADMIN_SECRET) {
        // The variables of a process are visible to more than its owner: crash reports print them.
        Some(_) if !config.admin.has_secret => {
            config.admin.has_secret = true;
            config.add_error(
                format!("{ADMIN_SECRET} is set, and this secret is read from a file only"),
                format!("write it into a file that only this user can read, and set {file}"),
            );
        }
        secret => config.admin.secret = secret.map(str::to_owned),
    }
    let Some(text) = environment.get(ADMIN_BIND) else {
        return;
    };
    match text.parse() {
        Ok(address) => config.admin.bind = Some(address),
        Err(_) => config.add_error(
            format!(
                "{ADMIN_BIND} is {}, which is not a socket address",
                quoted_without_secrets(text)
            ),
            "write an IP address and a port, such as 127.0.0.1:9465",
        ),
    }
}

impl AdminSettings {
    /// Adds an error if there is a listener: a gate in front of a handler has no switches.
    #[doc(hidden)]
    pub fn check_handler_gate(&self, errors: &mut SetupErrors) {
        if self.bind.is_some() {
            errors.add(
                format!(
                    "{ADMIN_BIND} is set, and a gate in front of a handler has no kill switches"
                ),
                "remove it, or build the server with `Server`",
            );
        }
    }

    /// Adds the errors in the combination of the variables.
    pub(super) fn check(&self, public: SocketAddr, errors: &mut SetupErrors) {
        let Some(bind) = self.bind else {
            if self.has_secret {
                errors.add(
                    format!("{ADMIN_SECRET}_FILE is set, and {ADMIN_BIND} is not: nothing listens"),
                    format!("set {ADMIN_BIND}, such as to 127.0.0.1:9465, or remove the secret"),
                );
            }
            return;
        };
        if !self.has_secret {
            errors.add(
                format!("{ADMIN_BIND} is set, and {ADMIN_SECRET}_FILE is not"),
                format!("write the output of `openssl rand -hex 32` into a file that only this user can read, and set {ADMIN_SECRET}_FILE"),
            );
        }
        if bind == public && bind.port() != 0 {
            errors.add(
                format!("{ADMIN_BIND} is {bind}, where the server itself listens"),
                "choose another port: the kill switches must not be on the public socket",
            );
        }
        if !is_loopback_address(bind.ip()) && self.remote_hosts.is_empty() {
            errors.add(
                format!("{ADMIN_BIND} is {bind}, which others than this machine can reach"),
                "use 127.0.0.1, or call `Config::dangerous_allow_admin_beyond_loopback` in code",
            );
        }
        if !cfg!(feature = "admin") {
            add_missing_feature(ADMIN_BIND, "admin", errors);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::start_errors;

    #[test]
    fn a_listener_without_a_secret_or_beyond_loopback_does_not_start() {
        let told = start_errors(&[(ADMIN_BIND, "127.0.0.1:9465")]);
        assert!(told.contains("TOOLGATE_ADMIN_SECRET_FILE is not"), "{told}");
        let told = start_errors(&[(ADMIN_BIND, "0.0.0.0:9465")]);
        assert!(told.contains("others than this machine"), "{told}");
        let told = start_errors(&[(ADMIN_BIND, "9465")]);
        assert!(told.contains("not a socket address"), "{told}");
    }

    #[test]
    fn the_secret_itself_is_no_variable() {
        let secret = "0123456789abcdef0123456789abcdef";
        let told = start_errors(&[(ADMIN_BIND, "127.0.0.1:9465"), (ADMIN_SECRET, secret)]);
        assert!(told.contains("read from a file only"), "{told}");
        assert!(!told.contains(secret), "{told}");
    }
}
