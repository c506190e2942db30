//! The report of `--print-config`: the effective settings, and where each variable comes from.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use super::{
    Config, Environment, ValidConfig,
    address_settings::{BIND, HOSTS, LISTEN_PATH, ORIGINS},
    from_env::{AUDIENCES, BANNER, DOCS_URL, DRAIN, ISSUERS, RESOURCE, SESSIONS},
    resource_url::without_secrets,
    variable::{INTROSPECTION, PORT, SECRETS, STATE_KEY, is_reserved},
};
use crate::error::StartError;

/// One setting: its name in JSON, its label in the text, the variable that sets it, its value.
type Setting = (&'static str, &'static str, &'static str, Value);

impl Config {
    /// Returns the effective settings and the variables that are set, without secrets.
    ///
    /// # Errors
    ///
    /// Returns every error of the settings.
    pub(crate) fn report(&self, environment: &Environment) -> Result<String, StartError> {
        let valid = self.validate()?;
        let mut report = String::from("Settings\n");
        for (name, label, _, value) in settings(&valid) {
            let value = match (name, &value) {
                ("issuers", Value::Array(list))
                    if list.is_empty() && valid.may_issue_for_development() =>
                {
                    "the development issuer, if an item needs a token".to_owned()
                }
                _ => for_person(&value),
            };
            let _ = writeln!(report, "  {label:<16} {value}");
        }
        report += "\nVariables\n";
        for (name, value, origin) in variables(environment) {
            let value = value.map_or_else(|| "[redacted]".to_owned(), |value| format!("{value:?}"));
            let _ = writeln!(report, "  {name} is {value}, from {origin}");
        }
        for warning in valid.warnings() {
            let _ = writeln!(report, "\nWarning: {warning}");
        }
        Ok(report)
    }

    /// Returns the same as JSON. Names and meanings stay; further members may be added.
    ///
    /// # Errors
    ///
    /// As [`Config::report`].
    pub(crate) fn report_json(&self, environment: &Environment) -> Result<String, StartError> {
        let valid = self.validate()?;
        let source = |variable: &'static str| {
            let file = format!("{variable}_FILE");
            let own = || environment.get(variable).map(|_| variable.to_owned());
            let platform = || (variable == BIND).then(|| environment.get(PORT)).flatten();
            let chosen = self.sources.get(variable).map(|name| (*name).to_owned());
            chosen
                .or_else(own)
                .or_else(|| environment.get(&file).map(|_| file))
                .or_else(|| platform().map(|_| PORT.to_owned()))
        };
        let settings: Map<_, _> = settings(&valid)
            .into_iter()
            .map(|(name, _, variable, value)| {
                (
                    name.to_owned(),
                    json!({"value": value, "from": source(variable)}),
                )
            })
            .collect();
        let variables: Vec<_> = variables(environment)
            .map(|(name, value, origin)| json!({"name": name, "value": value, "from": origin}))
            .collect();
        let report = json!({
            "version": 1,
            "settings": settings,
            "variables": variables,
            "warnings": valid.warnings(),
        });
        Ok(format!("{report:#}\n"))
    }
}

fn settings(valid: &ValidConfig) -> [Setting; 17] {
    let issuers = valid.issuers();
    let names: Vec<_> = issuers.iter().map(super::ValidIssuer::issuer).collect();
    let introspects = issuers
        .iter()
        .any(|issuer| issuer.settings().introspection().is_some());
    [
        (
            "resource",
            "resource",
            RESOURCE,
            valid.resource().as_str().into(),
        ),
        ("bind", "listens on", BIND, valid.bind().to_string().into()),
        (
            "endpoint",
            "endpoint",
            LISTEN_PATH,
            valid.paths().endpoint.as_str().into(),
        ),
        (
            "audiences",
            "audiences",
            AUDIENCES,
            valid.audiences().into(),
        ),
        ("issuers", "issuers", ISSUERS, names.into()),
        (
            "development_issuer",
            "development",
            ISSUERS,
            valid.may_issue_for_development().into(),
        ),
        (
            "introspection",
            "introspection",
            INTROSPECTION[0],
            introspects.into(),
        ),
        (
            "documentation",
            "documentation",
            DOCS_URL,
            valid.docs_url(false).into(),
        ),
        ("hosts", "hosts", BIND, valid.hosts(valid.bind()).into()),
        (
            "further_hosts",
            "further hosts",
            HOSTS,
            valid.further_hosts().into(),
        ),
        ("origins", "origins", ORIGINS, valid.origins().into()),
        (
            "loopback_origins",
            "loopback origins",
            ORIGINS,
            valid.allows_loopback_origins().into(),
        ),
        (
            "leeway_seconds",
            "clock leeway",
            "",
            valid.leeway().as_secs().into(),
        ),
        (
            "sessions",
            "sessions",
            SESSIONS,
            valid.has_sessions().into(),
        ),
        ("banner", "banner", BANNER, valid.has_banner().into()),
        (
            "drain_seconds",
            "drain",
            DRAIN,
            valid.drain().as_secs().into(),
        ),
        (
            "state_key",
            "state key",
            STATE_KEY,
            valid.state_key().is_some().into(),
        ),
    ]
}

fn for_person(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::Bool(is_on) => if *is_on { "on" } else { "off" }.to_owned(),
        Value::Number(seconds) => format!("{seconds} s"),
        Value::String(text) => text.clone(),
        Value::Array(list) if list.is_empty() => "none".to_owned(),
        Value::Array(list) => list.iter().map(for_person).collect::<Vec<_>>().join(", "),
        Value::Object(_) => value.to_string(),
    }
}

/// Returns each variable with its value, or `None` if that may be a secret, and its origin.
fn variables(
    environment: &Environment,
) -> impl Iterator<Item = (&str, Option<String>, &'static str)> {
    let reserved = environment.names().filter(|name| is_reserved(name));
    reserved.map(|name| {
        let value = environment.get(name).unwrap_or_default();
        let shown = (!is_secret(name)).then(|| without_secrets(value));
        (name, shown, environment.origin(name))
    })
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
            "resource         https://mcp.example.com/mcp",
            "listens on       127.0.0.1:9000",
            "issuers          https://login.example.com",
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

    fn report_json(variables: &[(&str, &str)]) -> (Value, String) {
        let environment: Environment = variables.iter().copied().collect();
        let config = Config::from_environment(&environment, 9000).unwrap();
        let text = config.report_json(&environment).unwrap();
        (serde_json::from_str(&text).unwrap(), text)
    }

    /// `toolgate doctor` and programs of operators read it.
    #[test]
    fn the_json_has_each_setting_with_its_source_and_no_secret() {
        let key = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
        let (report, text) = report_json(&[
            ("PORT", "7000"),
            ("TOOLGATE_RESOURCE", "https://mcp.example.com/mcp"),
            (
                "SCALEKIT_AUTHORIZATION_SERVERS",
                "https://login.example.com",
            ),
            ("TOOLGATE_STATE_KEY", key),
            (
                "TOOLGATE_DOCS_URL",
                "https://docs.example.com/?secret=hunter2",
            ),
            ("SCALEKIT_CLIENT_SECRET", "hunter2"),
        ]);
        assert!(!text.contains(key) && !text.contains("\"hunter2"), "{text}");
        assert_eq!(report["version"], 1);
        let settings = &report["settings"];
        for (name, value, from) in [
            (
                "resource",
                json!("https://mcp.example.com/mcp"),
                json!("TOOLGATE_RESOURCE"),
            ),
            ("bind", json!("0.0.0.0:7000"), json!("PORT")),
            ("endpoint", json!("/mcp"), Value::Null),
            (
                "audiences",
                json!(["https://mcp.example.com/mcp"]),
                Value::Null,
            ),
            (
                "issuers",
                json!(["https://login.example.com"]),
                json!("SCALEKIT_AUTHORIZATION_SERVERS"),
            ),
            ("development_issuer", json!(false), Value::Null),
            ("origins", json!(["https://mcp.example.com"]), Value::Null),
            ("loopback_origins", json!(false), Value::Null),
            ("sessions", json!(true), Value::Null),
            ("drain_seconds", json!(0), Value::Null),
            ("state_key", json!(true), json!("TOOLGATE_STATE_KEY")),
        ] {
            assert_eq!(
                settings[name],
                json!({"value": value, "from": from}),
                "{name}"
            );
        }
        let names: Vec<_> = settings.as_object().unwrap().keys().collect();
        assert_eq!(names.len(), 17, "{names:?}");
        let variables = report["variables"].as_array().unwrap();
        let secret = json!({"name": "TOOLGATE_STATE_KEY", "value": null, "from": "the process"});
        assert!(variables.contains(&secret), "{variables:?}");
        assert!(report["warnings"].is_array());
    }
}
