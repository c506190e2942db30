//! The address of the metrics. It is read with and without the feature `metrics`.

use std::net::SocketAddr;

use super::{
    Config, Environment, redacted_value::quoted_without_secrets, variable::add_missing_feature,
};
use crate::start_error::SetupErrors;

pub(super) const METRICS_BIND: &str = "TOOLGATE_METRICS_BIND";

/// Reads the variable.
pub(super) fn read(config: &mut Config, environment: &Environment) {
    let Some(text) = environment.get(METRICS_BIND) else {
        return;
    };
    match text.parse() {
        Ok(address) => config.metrics = Some(address),
        Err(_) => config.add_error(
            format!(
                "{METRICS_BIND} is {}, which is not a socket address",
                quoted_without_secrets(text)
            ),
            "write an IP address and a port, such as 127.0.0.1:9464",
        ),
    }
}

/// Adds the errors of the address.
pub(super) fn check(metrics: Option<SocketAddr>, bind: SocketAddr, errors: &mut SetupErrors) {
    let Some(metrics) = metrics else { return };
    if metrics == bind && metrics.port() != 0 {
        errors.add(
            format!("{METRICS_BIND} is {metrics}, where the server itself listens"),
            "choose another port: the metrics must not be on the public socket",
        );
    }
    if !cfg!(feature = "metrics") {
        add_missing_feature(METRICS_BIND, "metrics", errors);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::start_errors;

    #[test]
    fn an_invalid_address_and_the_address_of_the_server_are_errors() {
        let told = start_errors(&[(METRICS_BIND, "9464")]);
        assert!(
            told.contains("is \"9464\", which is not a socket address"),
            "{told}"
        );
        let told = start_errors(&[(METRICS_BIND, "127.0.0.1:9000")]);
        assert!(told.contains("where the server itself listens"), "{told}");
    }

    #[cfg(not(feature = "metrics"))]
    #[test]
    fn without_the_feature_a_server_with_metrics_does_not_start() {
        let told = start_errors(&[(METRICS_BIND, "127.0.0.1:9464")]);
        assert!(told.contains("without the feature `metrics`"), "{told}");
    }
}
