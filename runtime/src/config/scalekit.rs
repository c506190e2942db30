//! The environment variables of Scalekit, as its guides spell them.
//!
//! Its dashboard registers a resource, often with a trailing slash, and assigns it an id
//! (`res_…`) and an authorization server, `{environment}/resources/{id}`. The `iss` of a
//! token is this server or the environment; its `aud` is the resource or the id.

use super::{
    ClientCredentials, Config, Environment, Resource, ResourceMetadata, resource_url,
    variable::{METADATA, NamedValue, items},
};

const ENVIRONMENT: &str = "SCALEKIT_ENVIRONMENT_URL";
const CLIENT_ID: &str = "SCALEKIT_CLIENT_ID";
const CLIENT_SECRET: &str = "SCALEKIT_CLIENT_SECRET";
const ISSUERS: &str = "SCALEKIT_AUTHORIZATION_SERVERS";
const AUDIENCE: &str = "SCALEKIT_AUDIENCE_NAME";
const METADATA_URL: &str = "SCALEKIT_RESOURCE_METADATA_URL";

/// The guides misspell `RESOURCE`; some users correct it.
const NAME: [&str; 2] = ["SCALEKIT_RESOUCE_NAME", "SCALEKIT_RESOURCE_NAME"];
const DOCS_URL: [&str; 2] = ["SCALEKIT_RESOUCE_DOCS_URL", "SCALEKIT_RESOURCE_DOCS_URL"];

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
        let names: Vec<_> = NAME.into_iter().filter_map(value).collect();
        let (addresses, names): (Vec<_>, Vec<_>) = names.into_iter().partition(is_address);
        all.resources.extend(addresses);
        if let Some((_, name)) = names.into_iter().next() {
            config.resource_name = Some(name);
        }
        all.audiences.extend(value(AUDIENCE));
        // An audience can also be an id, or a further audience beside the resource.
        if all.resources.is_empty() {
            all.resources.extend(value(AUDIENCE).filter(is_address));
        }
        all.metadata_url = variables.get(METADATA_URL).map(str::to_owned);
        if all.resources.is_empty() {
            let resource = all
                .metadata_url
                .as_deref()
                .and_then(Resource::resource_of_metadata_url);
            all.resources
                .extend(resource.map(|resource| (METADATA_URL, resource)));
        }
        all.issuers.extend(value(ISSUERS));
        if let Some(text) = variables.get(ENVIRONMENT) {
            // Users copy this URL with a trailing slash.
            let environment = text.trim_end_matches('/');
            match resource_url::validate_issuer(environment) {
                Err(error) => config.add_value_error(ENVIRONMENT, text, error),
                Ok(()) => all.environment = Some(environment.to_owned()),
            }
            if all.issuers.is_empty() {
                all.issuers.push((ENVIRONMENT, environment.to_owned()));
            }
        }
        all.docs_urls.extend(DOCS_URL.into_iter().filter_map(value));
        if let Some(id) = variables.get(CLIENT_ID) {
            config.credentials = Some(ClientCredentials::new(id, variables.get(CLIENT_SECRET)));
        }
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
        for trusted in &mut config.issuers {
            let rest = trusted.issuer().strip_prefix(environment.as_str());
            if rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) {
                trusted.introspect_with(client);
            }
        }
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
                resource_url::quoted_without_secrets(&text)
            ));
        }
    }
}
