//! The environment variables of Toolgate, and the rules where two variables disagree.

use std::time::Duration;

use super::{
    Config, Environment, MAX_DRAIN, Slash, StateKey,
    admin_settings::{self, ADMIN_BIND},
    allowed_origins::{self, HOSTS, ORIGINS},
    audit_settings::{self, AUDIT_FILE, AUDIT_ON_FAILURE, AUDIT_SUBJECTS},
    config_file::CONFIG,
    dpop_settings::{self, PROOF_AGE, PROOF_AHEAD},
    listen_settings::{self, BIND, LISTEN_PATH, PATH_PREFIX},
    metrics_settings::{self, METRICS_BIND},
    private_issuers::PRIVATE_ISSUERS,
    published_scopes::{self, PUBLISHED_SCOPES},
    rates::{self, CALLER_RATE, FAILED_RATE, PROXIES, UNAUTHENTICATED_RATE},
    redacted_value,
    scalekit::{self, Scalekit},
    store_settings, traces_settings, unknown_variables,
    variable::{
        ADMIN_SECRET, APPROVAL, AUDIT_KEY, INTROSPECTION, NamedValue, STATE_KEY, STORE_URL, items,
    },
};
use crate::issuer::{ClientAuthentication, Introspection};

#[cfg(test)]
mod tests;

pub(super) const RESOURCE: &str = "TOOLGATE_RESOURCE";
pub(super) const AUDIENCES: &str = "TOOLGATE_AUDIENCES";
pub(super) const ISSUERS: &str = "TOOLGATE_AUTHORIZATION_SERVERS";
pub(super) const DOCS_URL: &str = "TOOLGATE_DOCS_URL";
pub(super) const SESSIONS: &str = "TOOLGATE_SESSIONS";
pub(super) const BANNER: &str = "TOOLGATE_BANNER";
pub(super) const DRAIN: &str = "TOOLGATE_DRAIN_SECONDS";
/// Read by `logging`.
const LOG_FORMAT: &str = "TOOLGATE_LOG_FORMAT";

/// Every variable of Toolgate.
pub(super) const OURS: &[&str] = &[
    BIND,
    RESOURCE,
    AUDIENCES,
    ISSUERS,
    DOCS_URL,
    ORIGINS,
    HOSTS,
    LISTEN_PATH,
    PATH_PREFIX,
    PRIVATE_ISSUERS,
    STATE_KEY,
    STORE_URL,
    CALLER_RATE,
    UNAUTHENTICATED_RATE,
    FAILED_RATE,
    PROXIES,
    INTROSPECTION[0],
    INTROSPECTION[1],
    APPROVAL[0],
    APPROVAL[1],
    SESSIONS,
    BANNER,
    DRAIN,
    PUBLISHED_SCOPES,
    PROOF_AGE,
    PROOF_AHEAD,
    LOG_FORMAT,
    CONFIG,
    AUDIT_FILE,
    AUDIT_KEY,
    AUDIT_ON_FAILURE,
    AUDIT_SUBJECTS,
    METRICS_BIND,
    ADMIN_BIND,
    ADMIN_SECRET,
];

/// Reads every variable. Errors are stored in the configuration.
pub(super) fn config_from(environment: &Environment, default_port: u16) -> Config {
    let mut config = Config::unset(default_port);
    config.warnings.extend_from_slice(environment.warnings());
    let environment = &environment.prepared(&mut config);
    let mut scalekit = Scalekit::from_environment(environment, &mut config);

    listen_settings::read(&mut config, environment);
    allowed_origins::read(&mut config, environment);
    for host in items(environment.get(PRIVATE_ISSUERS).unwrap_or_default()) {
        config.add_private_issuer(PRIVATE_ISSUERS, host);
    }
    if let Some((source, text)) = chosen(&mut config, environment, RESOURCE, &scalekit.resources) {
        let slash = if source == RESOURCE {
            Slash::Refused
        } else {
            Slash::Registered
        };
        config.set_resource(source, text, slash);
        if config
            .resource
            .as_ref()
            .is_some_and(|resource| resource.has_trailing_slash())
        {
            config.warnings.push(format!(
                "the resource in {source} ends in a slash; users must type the URL with the slash, because some clients compare it character by character"
            ));
        }
    }
    if let Some((source, list)) = chosen(&mut config, environment, ISSUERS, &scalekit.issuers) {
        for issuer in items(list) {
            config.add_issuer(source, issuer.into());
        }
    }
    scalekit.accept_spellings(&mut config);
    read_introspection(&mut config, environment);
    scalekit.enable_introspection(&mut config);
    read_approval_client(&mut config, environment);
    if let Some((source, list)) = chosen(&mut config, environment, AUDIENCES, &scalekit.audiences) {
        for audience in items(list) {
            config.add_audience(source, audience);
        }
    }
    if let Some((source, url)) = chosen(&mut config, environment, DOCS_URL, &scalekit.docs_urls) {
        config.set_docs_url(source, url);
    }
    published_scopes::read(&mut config, environment);
    dpop_settings::read(&mut config, environment);
    rates::read(&mut config, environment);
    read_state_keys(&mut config, environment);
    store_settings::read(&mut config, environment);
    audit_settings::read(&mut config, environment);
    admin_settings::read(&mut config, environment);
    metrics_settings::read(&mut config, environment);
    traces_settings::read(&mut config, environment);
    config.has_sessions = read_switch(&mut config, environment, SESSIONS);
    config.has_banner = read_switch(&mut config, environment, BANNER);
    if let Some(text) = environment.get(DRAIN) {
        match text.parse() {
            Ok(seconds) if seconds <= MAX_DRAIN.as_secs() => {
                config.drain = Duration::from_secs(seconds);
            }
            _ => config.add_error(
                format!(
                    "{DRAIN} is {}, which is not a number of seconds up to {}",
                    redacted_value::quoted_without_secrets(text),
                    MAX_DRAIN.as_secs()
                ),
                "write how long a load balancer needs to notice that /readyz answers 503, such as 10",
            ),
        }
    }
    scalekit.check_metadata_url(&mut config);
    name_places_in_file(&mut config, environment);
    unknown_variables::report(&mut config, environment, &[OURS, &scalekit::KNOWN].concat());
    config
}

/// Adds its position to the error of each value from the configuration file.
fn name_places_in_file(config: &mut Config, environment: &Environment) {
    for (what, _) in &mut config.errors {
        let name = what.split(' ').next().unwrap_or_default();
        if let Some(place) = environment.place_in_file(name) {
            what.push_str(&format!(" ({place})"));
        }
    }
}

/// Reads the current state key and, after a comma, the previous one.
fn read_state_keys(config: &mut Config, environment: &Environment) {
    let mut keys = items(environment.get(STATE_KEY).unwrap_or_default()).into_iter();
    if let Some(key) = keys.next() {
        config.set_state_key(STATE_KEY, StateKey::parse(key));
    }
    if let Some(key) = keys.next() {
        config.set_previous_state_key(STATE_KEY, StateKey::parse(key));
    }
    if keys.next().is_some() {
        config.add_error(
            format!("{STATE_KEY} has more than two keys"),
            "write the current key and, during a rotation, a comma and the previous one",
        );
    }
}

/// Returns whether a variable is on, which is the default.
fn read_switch(config: &mut Config, environment: &Environment, name: &str) -> bool {
    match environment.get(name) {
        None | Some("on") => true,
        Some("off") => false,
        Some(text) => {
            let shown = redacted_value::quoted_without_secrets(text);
            config.add_error(
                format!("{name} is {shown}, which is neither on nor off"),
                "write off, or remove the variable",
            );
            true
        }
    }
}

/// Reads the credentials for introspection at the issuer.
fn read_introspection(config: &mut Config, environment: &Environment) {
    let [id, secret] = INTROSPECTION;
    let client = match INTROSPECTION.map(|name| environment.get(name)) {
        [None, None] => return,
        [Some(id), Some(secret)] => ClientAuthentication::basic(id, secret),
        _ => {
            return config.add_error(
                format!("only one of {id} and {secret} is set"),
                "set both, or neither",
            );
        }
    };
    match config.issuers.as_mut_slice() {
        [only] => {
            only.introspect(Introspection::new(client));
            let issuer = only.issuer();
            config.notes.push(format!(
                "tokens of {issuer} that are not JWTs are introspected there, with {id} and {secret}"
            ));
        }
        // The issuer is set but invalid, which is already an error.
        [] if environment.get(ISSUERS).is_some() => {}
        [] => config.add_error(
            format!("{id} is set, but no issuer is"),
            format!("set {ISSUERS}, or remove {id}"),
        ),
        _ => config.add_error(
            format!("{id} is set, but there are several issuers, and a token must not be sent to another issuer than its own"),
            "configure it in the program, by `Issuer::with_introspection` and `with_token_prefix`",
        ),
    }
}

/// Reads the client that signs users in for approvals. Without a secret it is a public client.
fn read_approval_client(config: &mut Config, environment: &Environment) {
    let [id, secret] = APPROVAL;
    let client = match APPROVAL.map(|name| environment.get(name)) {
        [None, None] => return,
        [Some(id), Some(secret)] => ClientAuthentication::basic(id, secret),
        [Some(id), None] => ClientAuthentication::public(id),
        [None, Some(_)] => {
            return config.add_error(
                format!("{secret} is set, but {id} is not"),
                format!("set {id}, too, or remove {secret}"),
            );
        }
    };
    match config.issuers.as_slice() {
        [only] => {
            let issuer = only.issuer().to_owned();
            config.set_approval_client(issuer, client);
        }
        // The issuer is set but invalid, which is already an error.
        [] if environment.get(ISSUERS).is_some() => {}
        [] => config.add_error(
            format!("{id} is set, but no issuer is"),
            format!("set {ISSUERS}, or remove {id}"),
        ),
        _ => config.add_error(
            format!("{id} is set, but there are several issuers, and a client belongs to one"),
            "configure a client for each issuer in the program, by `Config::with_approval_client`",
        ),
    }
}

/// Returns the first source that is set, Toolgate's variable before the others. Adds a
/// warning for each other source with a different value.
fn chosen<'a>(
    config: &mut Config,
    environment: &'a Environment,
    ours: &'static str,
    theirs: &'a [NamedValue],
) -> Option<(&'static str, &'a str)> {
    let own = environment.get(ours).map(|text| (ours, text));
    let mut sources = own
        .into_iter()
        .chain(theirs.iter().map(|(name, text)| (*name, text.as_str())));
    let (source, text) = sources.next()?;
    config.sources.insert(ours, source);
    for (other, otherwise) in sources {
        if items(otherwise) != items(text) {
            config.warnings.push(format!(
                "{other} is {}, but {source} is {}; {source} takes precedence",
                redacted_value::quoted_without_secrets(otherwise),
                redacted_value::quoted_without_secrets(text)
            ));
        }
    }
    Some((source, text))
}
