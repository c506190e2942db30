//! The report of `--print-config`: the effective settings, and where each variable comes from.

use std::fmt::Write;

use super::{
    Config, Environment,
    resource_url::quoted_without_secrets,
    variable::{SECRETS, is_reserved},
};
use crate::error::StartError;

impl Config {
    /// Returns the effective settings and the variables that are set, without secrets.
    ///
    /// # Errors
    ///
    /// Returns every error of the settings.
    pub(crate) fn report(&self, environment: &Environment) -> Result<String, StartError> {
        let settings = self.validate()?;
        let issuers: Vec<_> = settings
            .issuers()
            .iter()
            .map(super::ValidIssuer::issuer)
            .collect();
        let issuers = match (issuers.as_slice(), settings.may_issue_for_development()) {
            ([], true) => "the development issuer, if an item needs a token".to_owned(),
            ([], false) => "none".to_owned(),
            (issuers, _) => issuers.join(", "),
        };
        let docs = settings.docs_url(false);
        let switch = |is_on| if is_on { "on" } else { "off" };
        let mut report = String::from("Settings\n");
        for (name, value) in [
            ("resource", settings.resource().as_str()),
            ("listens on", &settings.bind().to_string()),
            ("endpoint", &settings.paths().endpoint),
            ("audiences", &settings.audiences().join(", ")),
            ("issuers", &issuers),
            ("documentation", docs.as_deref().unwrap_or("none")),
            ("hosts", &settings.hosts(settings.bind()).join(", ")),
            ("origins", &settings.origins().join(", ")),
            (
                "clock leeway",
                &format!("{} s", settings.leeway().as_secs()),
            ),
            ("sessions", switch(settings.has_sessions())),
            ("banner", switch(settings.has_banner())),
            ("drain", &format!("{} s", settings.drain().as_secs())),
        ] {
            let _ = writeln!(report, "  {name:<14} {value}");
        }
        report += "\nVariables\n";
        for name in environment.names().filter(|name| is_reserved(name)) {
            let value = environment.get(name).unwrap_or_default();
            let shown = match is_secret(name) {
                true => "[redacted]".to_owned(),
                false => quoted_without_secrets(value),
            };
            let origin = environment.origin(name);
            let _ = writeln!(report, "  {name} is {shown}, from {origin}");
        }
        for warning in settings.warnings() {
            let _ = writeln!(report, "\nWarning: {warning}");
        }
        Ok(report)
    }
}

/// Returns whether the value of a variable may be a secret. Names that this library does not read
/// are also checked: an operator pastes the report into a ticket.
fn is_secret(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    let words = ["SECRET", "KEY", "TOKEN", "PASSWORD"];
    let is_path = SECRETS
        .iter()
        .any(|secret| name.strip_suffix("_FILE") == Some(secret));
    !is_path && words.iter().any(|word| upper.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(variables: &[(&str, &str)]) -> String {
        let environment: Environment = variables.iter().copied().collect();
        let config = Config::from_environment(&environment, 9000).unwrap();
        config.report(&environment).unwrap()
    }

    #[test]
    fn the_report_has_the_effective_values_and_no_secret() {
        let key = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
        let told = report(&[
            ("TOOLGATE_RESOURCE", "https://mcp.example.com/mcp"),
            (
                "TOOLGATE_AUTHORIZATION_SERVERS",
                "https://login.example.com",
            ),
            ("TOOLGATE_STATE_KEY", key),
            ("UNRELATED", "value"),
            ("TOOLGATE_UPSTREAM_PASSWORD", "hunter2"),
        ]);
        for part in [
            "resource       https://mcp.example.com/mcp",
            "listens on     127.0.0.1:9000",
            "issuers        https://login.example.com",
            "TOOLGATE_STATE_KEY is [redacted], from the process",
        ] {
            assert!(told.contains(part), "{part}: {told}");
        }
        assert!(!told.contains(key) && !told.contains("UNRELATED"), "{told}");
        assert!(!told.contains("hunter2"), "{told}");
    }

    #[test]
    fn without_an_issuer_the_development_issuer_is_named() {
        assert!(report(&[]).contains("the development issuer"));
    }
}
