//! The report of `--print-config`: the effective settings, and where each variable comes from.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use super::{
    Config, Environment, ValidConfig,
    admin_settings::ADMIN_BIND,
    allowed_origins::{HOSTS, ORIGINS},
    audit_settings::{AUDIT_FILE, AUDIT_ON_FAILURE, AUDIT_SUBJECTS},
    config_file::CONFIG,
    dpop_settings::{PROOF_AGE, PROOF_AHEAD},
    from_env::{AUDIENCES, BANNER, DOCS_URL, DRAIN, ISSUERS, RESOURCE, SESSIONS},
    listen_settings::{BIND, LISTEN_PATH},
    metrics_settings::METRICS_BIND,
    private_issuers::PRIVATE_ISSUERS,
    published_scopes::{PUBLISHED_SCOPES, PublishedScopes},
    rates::{CALLER_RATE, FAILED_RATE, PROXIES, UNAUTHENTICATED_RATE},
    redacted_value::without_secrets,
    variable::{
        APPROVAL, INTROSPECTION, PORT, SECRETS, STATE_KEY, STORE_URL, TRACE_SECRETS, is_reserved,
    },
};
use crate::{rate::Rate, start_error::StartError, trusted_proxies::TrustedProxies};

/// The settings, each with the variable that sets it.
const SETTINGS: [(&str, &str); 34] = [
    ("resource", RESOURCE),
    ("bind", BIND),
    ("endpoint", LISTEN_PATH),
    ("audiences", AUDIENCES),
    ("issuers", ISSUERS),
    ("private_issuers", PRIVATE_ISSUERS),
    ("development_issuer", ISSUERS),
    ("introspection", INTROSPECTION[0]),
    ("approval_clients", APPROVAL[0]),
    ("approval_wait_seconds", ""),
    ("documentation", DOCS_URL),
    ("hosts", BIND),
    ("further_hosts", HOSTS),
    ("origins", ORIGINS),
    ("loopback_origins", ORIGINS),
    ("leeway_seconds", ""),
    ("published_scopes", PUBLISHED_SCOPES),
    ("dpop_proof_age_seconds", PROOF_AGE),
    ("dpop_proof_ahead_seconds", PROOF_AHEAD),
    ("sessions", SESSIONS),
    ("banner", BANNER),
    ("drain_seconds", DRAIN),
    ("state_key", STATE_KEY),
    ("store", STORE_URL),
    ("caller_rate", CALLER_RATE),
    ("unauthenticated_rate", UNAUTHENTICATED_RATE),
    ("failed_authentication_rate", FAILED_RATE),
    ("trusted_proxies", PROXIES),
    ("audit_file", AUDIT_FILE),
    ("audit_on_failure", AUDIT_ON_FAILURE),
    ("audit_subjects", AUDIT_SUBJECTS),
    ("metrics", METRICS_BIND),
    ("admin", ADMIN_BIND),
    ("config_file", CONFIG),
];

impl Config {
    /// Returns the effective settings and the variables that are set, without secrets.
    ///
    /// # Errors
    ///
    /// Returns every error of the settings.
    #[doc(hidden)]
    pub fn report(&self, environment: &Environment) -> Result<String, StartError> {
        let valid = self.validate()?;
        let settings = settings(self, &valid, environment);
        let mut report = String::from("Settings\n");
        for (name, _) in SETTINGS {
            let _ = writeln!(report, "  {name:<26} {}", for_person(&settings[name]));
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
    #[doc(hidden)]
    pub fn report_json(&self, environment: &Environment) -> Result<String, StartError> {
        let valid = self.validate()?;
        let source = |variable: &'static str| {
            let file = format!("{variable}_FILE");
            let port = if variable == BIND { PORT } else { "" };
            let chosen = self.sources.get(variable).copied();
            let mut names = [chosen.unwrap_or(variable), &file, port].into_iter();
            let set = names.find(|name| environment.get(name).is_some());
            set.map(str::to_owned)
        };
        let settings = settings(self, &valid, environment);
        let settings = SETTINGS.map(|(name, variable)| {
            let setting = json!({"value": settings[name], "from": source(variable)});
            (name.to_owned(), setting)
        });
        let variables: Vec<_> = variables(environment)
            .map(|(name, value, origin)| json!({"name": name, "value": value, "from": origin}))
            .collect();
        let report = json!({
            "version": 1,
            "settings": Map::from_iter(settings),
            "variables": variables,
            "warnings": valid.warnings(),
        });
        Ok(format!("{report:#}\n"))
    }
}

fn settings(config: &Config, valid: &ValidConfig, environment: &Environment) -> Value {
    let issuers = valid.issuers().iter().map(super::ValidIssuer::settings);
    let rate = |rate: Option<Rate>| rate.map(|rate| rate.to_string());
    let introspects = issuers
        .clone()
        .any(|issuer| issuer.introspection().is_some());
    let audit = valid.audit();
    let proofs = valid.dpop().proof_times(valid.leeway());
    json!({
        "resource": valid.resource().as_str(),
        "bind": valid.bind(),
        "endpoint": valid.paths().endpoint,
        "audiences": valid.audiences(),
        "issuers": issuers.map(|issuer| issuer.name()).collect::<Vec<_>>(),
        "private_issuers": config.private_issuers,
        "development_issuer": valid.may_issue_for_development(),
        "introspection": introspects,
        "approval_clients": config.approvals.clients().map(|(issuer, id)| format!("{id} at {issuer}")).collect::<Vec<_>>(),
        "approval_wait_seconds": config.approvals.wait().as_secs(),
        "documentation": valid.docs_url(false),
        "hosts": valid.hosts(valid.bind()),
        "further_hosts": valid.further_hosts(),
        "origins": valid.origins(),
        "loopback_origins": valid.allows_loopback_origins(),
        "leeway_seconds": valid.leeway().as_secs(),
        "published_scopes": match valid.published_scopes() {
            PublishedScopes::All => "all",
            PublishedScopes::Baseline => "baseline",
        },
        "dpop_proof_age_seconds": proofs.age.as_secs(),
        "dpop_proof_ahead_seconds": proofs.ahead.as_secs(),
        "sessions": valid.has_sessions(),
        "banner": valid.has_banner(),
        "drain_seconds": valid.drain().as_secs(),
        "state_key": valid.state_key().is_some(),
        "store": valid.store().is_some(),
        "caller_rate": rate(valid.rates().caller),
        "unauthenticated_rate": rate(valid.rates().unauthenticated),
        "failed_authentication_rate": rate(valid.rates().failures),
        "trusted_proxies": valid.rates().proxies.as_ref().map(TrustedProxies::networks),
        "audit_file": audit.map(|audit| audit.file.display().to_string()),
        "audit_on_failure": audit.map(|audit| match audit.continues {
            true => "continue",
            false => "refuse",
        }),
        "audit_subjects": audit.map(|audit| match audit.is_pseudonymous {
            true => "pseudonymous",
            false => "plain",
        }),
        "metrics": valid.metrics(),
        "admin": valid.admin().bind,
        "config_file": environment.get(CONFIG).map(without_secrets),
    })
}

fn for_person(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::Bool(is_on) => if *is_on { "on" } else { "off" }.to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(list) if list.is_empty() => "none".to_owned(),
        Value::Array(list) => list.iter().map(for_person).collect::<Vec<_>>().join(", "),
        Value::Number(_) | Value::Object(_) => value.to_string(),
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
    // `PASS` is also in `PASSWORD` and `PASSPHRASE`.
    let words = [
        "SECRET",
        "KEY",
        "TOKEN",
        "PASS",
        "PWD",
        "CREDENTIAL",
        "BEARER",
        "JWT",
        "COOKIE",
        "SALT",
        "SEED",
        "DSN",
        "CONNECTION",
        "STORE_URL",
    ];
    let is_path = SECRETS
        .iter()
        .any(|secret| name.strip_suffix("_FILE") == Some(secret));
    let is_secret = words.iter().any(|word| upper.contains(word)) || TRACE_SECRETS.contains(&name);
    !is_path && is_secret
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
            "resource                   https://mcp.example.com/mcp",
            "bind                       127.0.0.1:9000",
            "issuers                    https://login.example.com",
            "development_issuer         off",
            "TOOLGATE_STATE_KEY is [redacted], from the process",
        ] {
            assert!(told.contains(part), "{part}: {told}");
        }
        assert!(!told.contains(key) && !told.contains("UNRELATED"), "{told}");
        assert!(!told.contains("hunter2"), "{told}");
    }

    #[test]
    fn a_name_of_a_secret_is_recognised_and_a_setting_is_shown() {
        for name in [
            "TOOLGATE_DB_PASS",
            "TOOLGATE_DB_PASSWD",
            "TOOLGATE_PASSPHRASE",
            "TOOLGATE_DB_PWD",
            "TOOLGATE_GOOGLE_CREDENTIALS",
            "TOOLGATE_SESSION_COOKIE",
            "TOOLGATE_UPSTREAM_JWT",
            "TOOLGATE_UPSTREAM_BEARER",
            "TOOLGATE_HASH_SALT",
            "TOOLGATE_SEED_PHRASE",
            "TOOLGATE_SENTRY_DSN",
            "TOOLGATE_DB_CONNECTION_STRING",
            "toolgate_api_key",
            "SCALEKIT_CLIENT_SECRET",
            "TOOLGATE_ACCESS_TOKEN",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in SETTINGS.map(|(_, variable)| variable) {
            let holds_secret = [STATE_KEY, STORE_URL].contains(&name);
            assert_eq!(is_secret(name), holds_secret, "{name}");
        }
    }

    #[test]
    fn the_clients_of_approvals_the_private_issuers_and_the_file_are_named() {
        let (report, text) = report_json(&[
            ("TOOLGATE_RESOURCE", "https://mcp.example.com/mcp"),
            ("TOOLGATE_AUTHORIZATION_SERVERS", "https://login.internal"),
            ("TOOLGATE_PRIVATE_ISSUERS", "login.internal"),
            ("TOOLGATE_APPROVAL_CLIENT_ID", "approvals"),
            ("TOOLGATE_APPROVAL_CLIENT_SECRET", "geheim"),
            ("TOOLGATE_CONFIG", "/etc/todo/toolgate.toml"),
        ]);
        for (name, value) in [
            ("private_issuers", json!(["login.internal"])),
            (
                "approval_clients",
                json!(["approvals at https://login.internal"]),
            ),
            ("approval_wait_seconds", json!(30)),
            ("config_file", json!("/etc/todo/toolgate.toml")),
        ] {
            assert_eq!(report["settings"][name]["value"], value, "{text}");
        }
        assert!(!text.contains("geheim"), "{text}");
    }

    #[test]
    fn without_an_issuer_the_development_issuer_is_named() {
        assert!(report(&[]).contains("development_issuer         on"));
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
            ("TOOLGATE_UPSTREAM_PASSWORD", "hunter2"),
        ]);
        assert!(!text.contains(key) && !text.contains("hunter2"), "{text}");
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
            (
                "development_issuer",
                json!(false),
                json!("SCALEKIT_AUTHORIZATION_SERVERS"),
            ),
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
        assert_eq!(names.len(), SETTINGS.len(), "{names:?}");
        let variables = report["variables"].as_array().unwrap();
        let secret = json!({"name": "TOOLGATE_STATE_KEY", "value": null, "from": "the process"});
        assert!(variables.contains(&secret), "{variables:?}");
        assert!(report["warnings"].is_array());
    }
}
