//! The environment variables of Scalekit, as its guides spell them.
//!
//! Its dashboard registers a resource, often with a trailing slash, and assigns it an id
//! (`res_…`) and an authorization server, `{environment}/resources/{id}`. The `iss` of a
//! token is this server or the environment; its `aud` is the resource or the id.

use super::{
    ClientCredentials, Config, Environment, ResourceIdentifier, ResourceMetadata, redacted_value,
    url_validation,
    variable::{METADATA, NamedValue, SCALEKIT_SECRET, items},
};
use crate::issuer::{ClientAuthentication, Introspection};

const ENVIRONMENT: &str = "SCALEKIT_ENVIRONMENT_URL";
const CLIENT_ID: &str = "SCALEKIT_CLIENT_ID";
const ISSUERS: &str = "SCALEKIT_AUTHORIZATION_SERVERS";
const AUDIENCE: &str = "SCALEKIT_AUDIENCE_NAME";
const METADATA_URL: &str = "SCALEKIT_RESOURCE_METADATA_URL";

/// The resource's id, `res_…`, or in some guides its URL.
const ID: [&str; 2] = ["SCALEKIT_RESOURCE_ID", "SCALEKIT_RESOURCE_IDENTIFIER"];
/// Each item declares its own scopes.
const SCOPES: &str = "SCALEKIT_REQUIRED_SCOPES";

/// The guides misspell `RESOURCE`; some users correct it.
const NAME: [&str; 2] = ["SCALEKIT_RESOUCE_NAME", "SCALEKIT_RESOURCE_NAME"];
const DOCS_URL: [&str; 2] = ["SCALEKIT_RESOUCE_DOCS_URL", "SCALEKIT_RESOURCE_DOCS_URL"];

/// Every variable with Scalekit's prefix that is read.
pub(super) const KNOWN: [&str; 13] = [
    ENVIRONMENT,
    CLIENT_ID,
    SCALEKIT_SECRET,
    ISSUERS,
    AUDIENCE,
    METADATA_URL,
    ID[0],
    ID[1],
    SCOPES,
    NAME[0],
    NAME[1],
    DOCS_URL[0],
    DOCS_URL[1],
];

/// The values of Scalekit's variables, by their meaning here. The first of several takes
/// precedence.
#[derive(Debug, Default)]
pub(super) struct Scalekit {
    pub(super) resources: Vec<NamedValue>,
    pub(super) issuers: Vec<NamedValue>,
    pub(super) audiences: Vec<NamedValue>,
    pub(super) docs_urls: Vec<NamedValue>,
    environment: Option<String>,
    metadata_url: Option<String>,
}

impl Scalekit {
    pub(super) fn from_environment(variables: &Environment, config: &mut Config) -> Self {
        let mut all = Self::default();
        let value = |name: &'static str| variables.get(name).map(|text| (name, text.to_owned()));
        let is_address = |value: &NamedValue| value.1.contains("://");

        if let Some(text) = variables.get(METADATA) {
            match ResourceMetadata::parse(METADATA, text) {
                Ok(document) => {
                    all.take_document(&document);
                    if let Some(name) = document.text("resource_name") {
                        config.resource_name = Some(name.to_owned());
                    }
                    config.document = Some(document);
                }
                Err(errors) => {
                    for error in errors {
                        config.add_error(format!("{METADATA} {}", error.what), error.remedy);
                    }
                }
            }
        }
        // The guides put the resource's URL there; others put a display name.
        let ids: Vec<_> = ID.into_iter().filter_map(value).collect();
        let (identifiers, ids): (Vec<_>, Vec<_>) = ids.into_iter().partition(is_address);
        let names: Vec<_> = NAME.into_iter().filter_map(value).collect();
        let (addresses, names): (Vec<_>, Vec<_>) = names.into_iter().partition(is_address);
        all.resources.extend(addresses);
        all.resources.extend(identifiers);
        if let Some((_, name)) = names.into_iter().next() {
            config.resource_name = Some(name);
        }
        all.audiences.extend(value(AUDIENCE));
        // An audience can also be an id, or a further audience in addition to the resource.
        if all.resources.is_empty() {
            all.resources.extend(value(AUDIENCE).filter(is_address));
        }
        all.metadata_url = variables.get(METADATA_URL).map(str::to_owned);
        if all.resources.is_empty() {
            let resource = all
                .metadata_url
                .as_deref()
                .and_then(ResourceIdentifier::resource_of_metadata_url);
            all.resources
                .extend(resource.map(|resource| (METADATA_URL, resource)));
        }
        all.issuers.extend(value(ISSUERS));
        if let Some(text) = variables.get(ENVIRONMENT) {
            // Users copy this URL with a trailing slash.
            let environment = text.trim_end_matches('/');
            let error = url_validation::validate_issuer(environment).err();
            let is_valid = error.is_none();
            match error {
                Some(error) => config.add_value_error(ENVIRONMENT, text, error),
                None => all.environment = Some(environment.to_owned()),
            }
            if is_valid && all.issuers.is_empty() {
                // The authorization server of a resource, if its id is known.
                all.issuers.push(match ids.first() {
                    Some((name, id)) => (*name, format!("{environment}/resources/{id}")),
                    None => (ENVIRONMENT, environment.to_owned()),
                });
            }
        }
        for (name, id) in ids {
            config.add_audience(name, &id);
        }
        if variables.get(SCOPES).is_some() {
            config.notes.push(format!(
                "{SCOPES} is not needed: each tool, prompt and resource declares its own scopes"
            ));
        }
        all.docs_urls.extend(DOCS_URL.into_iter().filter_map(value));
        config.credentials = match [CLIENT_ID, SCALEKIT_SECRET].map(|name| variables.get(name)) {
            [Some(id), Some(secret)] => Some(ClientCredentials::new(id, secret)),
            [None, None] => None,
            _ => {
                config.notes.push(format!(
                    "{CLIENT_ID} and {SCALEKIT_SECRET} have no effect unless both are set; JWTs are verified without them"
                ));
                None
            }
        };
        all
    }

    fn take_document(&mut self, document: &ResourceMetadata) {
        let text = |name| document.text(name).map(|text| (METADATA, text.to_owned()));
        self.resources.extend(text("resource"));
        self.docs_urls.extend(text("resource_documentation"));
        let servers = document.list("authorization_servers");
        if !servers.is_empty() {
            self.issuers.push((METADATA, servers.join(",")));
        }
    }

    /// Accepts the further values in tokens of these issuers: the environment as `iss`, and
    /// the id of the resource as `aud`.
    pub(super) fn accept_spellings(&mut self, config: &mut Config) {
        let theirs: Vec<_> = self
            .issuers
            .iter()
            .flat_map(|(_, list)| items(list))
            .collect();
        let mut ids = Vec::new();
        for trusted in &mut config.issuers {
            let Some((environment, id)) = trusted.issuer().split_once("/resources/") else {
                continue;
            };
            let (environment, id) = (environment.to_owned(), id.trim_end_matches('/').to_owned());
            let known = self.environment.as_deref() == Some(&environment);
            if id.starts_with("res_") && (known || theirs.contains(&trusted.issuer())) {
                trusted.accept_spelling(&environment);
                ids.push(id);
            }
        }
        for id in ids {
            config.add_audience(ISSUERS, &id);
        }
    }

    /// Enables introspection of tokens that are not JWTs. The credentials are sent only to
    /// issuers of the environment that they belong to.
    pub(super) fn enable_introspection(&self, config: &mut Config) {
        let (Some(client), Some(environment)) = (&config.credentials, &self.environment) else {
            return;
        };
        let mut introspecting = Vec::new();
        for trusted in &mut config.issuers {
            let rest = trusted.issuer().strip_prefix(environment.as_str());
            if rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) {
                let client = ClientAuthentication::basic(client.id(), client.secret());
                trusted.introspect(Introspection::new(client).optional());
                introspecting.push(trusted.issuer().to_owned());
            }
        }
        config.notes.push(match introspecting.is_empty() {
            false => format!(
                "{CLIENT_ID} and {SCALEKIT_SECRET} are used for introspection only, of tokens that are not JWTs, at {}",
                introspecting.join(", ")
            ),
            true => format!(
                "{CLIENT_ID} and {SCALEKIT_SECRET} have no effect: no issuer belongs to {ENVIRONMENT}, {environment}"
            ),
        });
    }

    /// Checks the metadata URL, which requires the resource to be known.
    pub(super) fn check_metadata_url(self, config: &mut Config) {
        let (Some(text), Some(resource)) = (self.metadata_url, &config.resource) else {
            return;
        };
        let ours = resource.metadata_url();
        if text.trim_end_matches('/') != ours {
            config.warnings.push(format!(
                "{METADATA_URL} is {}, but the metadata of this resource is at {ours} (RFC 9728 section 3.1); challenges use the latter",
                redacted_value::quoted_without_secrets(&text)
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Config {
        Config::from_environment(&variables.iter().copied().collect(), 8000).unwrap()
    }

    const URL: (&str, &str) = (ENVIRONMENT, "https://acme.scalekit.dev");

    #[test]
    fn the_environment_and_the_id_of_newer_guides_name_issuer_and_audience() {
        for id in ID {
            let config = read(&[URL, (id, "res_1"), (SCOPES, "read")]);
            let settings = config.validate().unwrap();
            let issuer = &settings.issuers()[0];
            assert_eq!(issuer.issuer(), "https://acme.scalekit.dev/resources/res_1");
            assert_eq!(issuer.spellings(), ["https://acme.scalekit.dev"]);
            assert!(settings.audiences().contains(&"res_1".to_owned()));
            let [note] = settings.notes() else {
                panic!("{:?}", settings.notes())
            };
            assert!(
                note.contains("SCALEKIT_REQUIRED_SCOPES is not needed"),
                "{note}"
            );
        }
    }

    #[test]
    fn the_start_says_what_the_credentials_are_used_for() {
        let (id, secret) = ((CLIENT_ID, "skc_1"), (SCALEKIT_SECRET, "geheim"));
        let foreign = ("TOOLGATE_AUTHORIZATION_SERVERS", "https://login.example");
        for (variables, says) in [
            (vec![URL, id, secret], "are used for introspection only"),
            (vec![URL, id], "unless both are set"),
            (vec![URL, id, secret, foreign], "no issuer belongs to"),
        ] {
            let notes = read(&variables).notes.join("\n");
            assert!(notes.contains(says) && !notes.contains("geheim"), "{notes}");
        }
    }

    #[test]
    fn the_page_of_the_guides_is_below_the_endpoint() {
        let resource = ("TOOLGATE_RESOURCE", "https://mcp.example.com/mcp");
        for (url, path) in [
            ("https://mcp.example.com/mcp/docs", Some("/mcp/docs")),
            ("https://mcp.example.com/mcp/docs?x", Some("/mcp/docs")),
            ("https://mcp.example.com/mcp/", None),
            ("https://mcp.example.com/mcp/*docs", None),
            ("https://mcp.example.com/mcp/:docs", None),
            ("https://mcp.example.com/mcp//docs", None),
            (
                "https://mcp.example.com/mcp/.well-known/openid-configuration",
                None,
            ),
            ("https://mcp.example.com/mcp2/docs", None),
            ("https://docs.example.com/mcp/docs", None),
        ] {
            for name in DOCS_URL {
                let settings = read(&[resource, (name, url)]).validate().unwrap();
                let routes = settings.paths().docs_routes(false);
                let all = ["/docs"].into_iter().chain(path).map(str::to_owned);
                assert_eq!(routes, all.collect(), "{url}");
            }
        }
    }
}
