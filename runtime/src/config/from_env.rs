//! The environment variables of Toolgate, and the rules where two variables disagree.

use super::{
    Config, Environment, Slash, StateKey,
    address_settings::{self, BIND, HOSTS, LISTEN_PATH, ORIGINS, PATH_PREFIX},
    private_issuers::PRIVATE_ISSUERS,
    resource_url,
    scalekit::Scalekit,
    variable::{NamedValue, OUR_PREFIX, items},
};

const RESOURCE: &str = "TOOLGATE_RESOURCE";
const AUDIENCES: &str = "TOOLGATE_AUDIENCES";
const ISSUERS: &str = "TOOLGATE_AUTHORIZATION_SERVERS";
const DOCS_URL: &str = "TOOLGATE_DOCS_URL";
const STATE_KEY: &str = "TOOLGATE_STATE_KEY";

/// Every variable of Toolgate.
const OURS: [&str; 11] = [
    BIND,
    RESOURCE,
    AUDIENCES,
    ISSUERS,
    DOCS_URL,
    ORIGINS,
    STATE_KEY,
    HOSTS,
    LISTEN_PATH,
    PATH_PREFIX,
    PRIVATE_ISSUERS,
];

/// Reads every variable. Errors are stored in the configuration.
pub(super) fn config_from(environment: &Environment, default_port: u16) -> Config {
    let mut config = Config::unset(default_port);
    config.warnings.extend_from_slice(environment.warnings());
    let mut scalekit = Scalekit::from_environment(environment, &mut config);

    address_settings::read(&mut config, environment);
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
    scalekit.enable_introspection(&mut config);
    if let Some((source, list)) = chosen(&mut config, environment, AUDIENCES, &scalekit.audiences) {
        for audience in items(list) {
            config.add_audience(source, audience);
        }
    }
    if let Some((source, url)) = chosen(&mut config, environment, DOCS_URL, &scalekit.docs_urls) {
        config.set_docs_url(source, url);
    }
    if let Some(text) = environment.get(STATE_KEY) {
        config.set_state_key(STATE_KEY, StateKey::parse(text));
    }
    scalekit.check_metadata_url(&mut config);
    warn_of_unknown(&mut config, environment);
    config
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
    for (other, otherwise) in sources {
        if items(otherwise) != items(text) {
            config.warnings.push(format!(
                "{other} is {}, but {source} is {}; {source} takes precedence",
                resource_url::quoted_without_secrets(otherwise),
                resource_url::quoted_without_secrets(text)
            ));
        }
    }
    Some((source, text))
}

/// Warns of unknown variables: otherwise, a misspelled one would be ignored silently.
fn warn_of_unknown(config: &mut Config, environment: &Environment) {
    for name in environment
        .names()
        .filter(|name| name.starts_with(OUR_PREFIX))
    {
        if OURS.contains(&name) {
            continue;
        }
        let nearest = OURS
            .into_iter()
            .map(|known| (strsim::levenshtein(known, name), known))
            .min()
            .filter(|(distance, known)| distance * 2 < known.len() - OUR_PREFIX.len());
        let hint = match nearest {
            Some((_, known)) => format!("; did you mean {known}?"),
            None => format!("; the known variables are {}", OURS.join(", ")),
        };
        config.warnings.push(format!(
            "the variable {} is unknown and has no effect{hint}",
            resource_url::quoted_without_secrets(name)
        ));
    }
}
