//! Variables that look like ours and are not: a misspelt name would be ignored silently, and
//! `TOOLGATE_AUTHORIZATION_SERVER` would start the development issuer.

use super::{
    Config, Environment, redacted_value,
    variable::{OUR_PREFIX, SCALEKIT_PREFIX, SECRETS},
};

/// Wrong names that are spelled unlike ours but mean the same, each with the right name.
const SYNONYMS: [(&str, &str); 6] = [
    ("TOOLGATE_ISSUER", "TOOLGATE_AUTHORIZATION_SERVERS"),
    ("TOOLGATE_ISSUERS", "TOOLGATE_AUTHORIZATION_SERVERS"),
    ("TOOLGATE_ADDRESS", "TOOLGATE_BIND"),
    ("TOOLGATE_HOST", "TOOLGATE_BIND"),
    ("TOOLGATE_PORT", "PORT or TOOLGATE_BIND"),
    ("TOOLGATE_URL", "TOOLGATE_RESOURCE"),
];

/// Adds an error for each variable that is nearly a known one, and a warning for each other
/// one with Toolgate's prefix. An application may have more variables of Scalekit's.
pub(super) fn report(config: &mut Config, environment: &Environment, known: &[&'static str]) {
    for name in environment.names() {
        let upper = name.to_ascii_uppercase();
        let Some(prefix) = [OUR_PREFIX, SCALEKIT_PREFIX]
            .into_iter()
            .find(|prefix| upper.starts_with(prefix))
        else {
            continue;
        };
        let is_file = name
            .strip_suffix("_FILE")
            .is_some_and(|secret| SECRETS.contains(&secret));
        let value = environment.get(name).unwrap_or_default();
        if known.contains(&name) || is_file || is_injected(&upper, value) {
            continue;
        }
        let shown = redacted_value::quoted_without_secrets(name);
        match nearest(prefix, &upper, known) {
            Some(meant) => config.add_error(
                format!("the variable {shown} is unknown"),
                format!("did you mean {meant}? write it so, or remove the variable"),
            ),
            None if prefix == OUR_PREFIX => config.warnings.push(format!(
                "the variable {shown} is unknown and has no effect; the known variables are {}",
                known
                    .iter()
                    .filter(|known| known.starts_with(OUR_PREFIX))
                    .copied()
                    .collect::<Vec<_>>()
                    .join(", ")
            )),
            None => {}
        }
    }
}

/// Returns the known name that is probably meant: written in another case, shortened,
/// lengthened, or with about one wrong letter in six.
pub(super) fn nearest(prefix: &str, name: &str, known: &[&'static str]) -> Option<&'static str> {
    if let Some((_, meant)) = SYNONYMS.iter().find(|(synonym, _)| *synonym == name) {
        return Some(meant);
    }
    let rest = &name[prefix.len()..];
    let distance = |known: &&'static str| {
        let whole = known.strip_prefix(prefix)?;
        let distance = strsim::levenshtein(whole, rest);
        let is_part = rest.len() > 3 && (whole.contains(rest) || rest.starts_with(whole));
        (is_part || distance <= 1 + whole.len() / 6).then_some((distance, *known))
    };
    let (_, meant) = known.iter().filter_map(distance).min()?;
    Some(meant)
}

/// Returns whether Kubernetes or Docker sets this variable for a service that is named like
/// the prefix: `TOOLGATE_PORT=tcp://…`, `TOOLGATE_SERVICE_HOST`, `TOOLGATE_PORT_8000_TCP`.
fn is_injected(name: &str, value: &str) -> bool {
    let mut parts = name.split('_').skip(1);
    match parts.find(|part| matches!(*part, "SERVICE" | "PORT")) {
        Some("SERVICE") => matches!(parts.next(), Some("HOST" | "PORT")),
        Some(_) => match parts.next() {
            Some(port) => port.parse::<u16>().is_ok(),
            None => value.contains("://"),
        },
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, value: &str) -> (Config, String) {
        let environment = [(name, value)].into_iter().collect();
        match Config::from_environment(&environment, 8000) {
            Ok(config) => (config, String::new()),
            Err(errors) => (Config::unset(8000), errors.to_string()),
        }
    }

    #[test]
    fn a_name_that_is_nearly_ours_is_an_error_that_names_it() {
        for (name, meant) in [
            (
                "TOOLGATE_AUTHORIZATION_SERVER",
                "TOOLGATE_AUTHORIZATION_SERVERS",
            ),
            (
                "TOOLGATE_AUTHORISATION_SERVER",
                "TOOLGATE_AUTHORIZATION_SERVERS",
            ),
            ("TOOLGATE_ISSUER", "TOOLGATE_AUTHORIZATION_SERVERS"),
            ("TOOLGATE_ORIGINS", "TOOLGATE_ALLOWED_ORIGINS"),
            ("TOOLGATE_HOSTS", "TOOLGATE_ALLOWED_HOSTS"),
            ("TOOLGATE_PRIVATE_ISSUER", "TOOLGATE_PRIVATE_ISSUERS"),
            ("toolgate_bind", "TOOLGATE_BIND"),
            ("TOOLGATE_BIND_ADDRESS", "TOOLGATE_BIND"),
            ("TOOLGATE_RESOURCE_URL", "TOOLGATE_RESOURCE"),
            ("TOOLGATE_PORT", "PORT or TOOLGATE_BIND"),
            ("TOOLGATE_STATE_KEYS", "TOOLGATE_STATE_KEY"),
            ("SCALEKIT_ENVIROMENT_URL", "SCALEKIT_ENVIRONMENT_URL"),
            ("SCALEKIT_RESOURSE_NAME", "SCALEKIT_RESOURCE_NAME"),
            (
                "SCALEKIT_AUTHORIZATION_SERVER",
                "SCALEKIT_AUTHORIZATION_SERVERS",
            ),
        ] {
            let (_, told) = read(name, "1");
            let says = format!("the variable {name:?} is unknown; did you mean {meant}?");
            assert!(told.contains(&says), "{says}: {told}");
        }
    }

    #[test]
    fn what_an_orchestrator_injects_is_ignored_without_a_warning() {
        for (name, value) in [
            ("TOOLGATE_PORT", "tcp://10.0.0.1:8000"),
            ("TOOLGATE_PORT_8000_TCP", "tcp://10.0.0.1:8000"),
            ("TOOLGATE_PORT_8000_TCP_ADDR", "10.0.0.1"),
            ("TOOLGATE_SERVICE_HOST", "10.0.0.1"),
            ("TOOLGATE_SERVICE_PORT_HTTP", "8000"),
            ("TOOLGATE_TODO_SERVICE_HOST", "10.0.0.1"),
            ("SCALEKIT_PROXY_SERVICE_PORT", "80"),
        ] {
            let (config, told) = read(name, value);
            assert!(told.is_empty(), "{told}");
            assert!(config.warnings().is_empty(), "{name}: {config:?}");
        }
    }

    #[test]
    fn other_variables_of_scalekit_belong_to_the_application() {
        for name in ["SCALEKIT_WEBHOOK_SECRET", "SCALEKIT_REDIRECT_URI"] {
            let (config, told) = read(name, "1");
            assert!(told.is_empty() && config.warnings().is_empty(), "{told}");
        }
    }
}
