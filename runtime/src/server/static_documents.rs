//! Documents that are rendered once at start-up and then served unchanged.

use bytes::Bytes;
use serde_json::Value;
use toolgate_docs_page::{
    self as docs_page, PageFacts, PromptEntry, ResourceEntry, ScopeEntry, ToolEntry,
};

use crate::{
    config::{PublishedScopes, ValidConfig},
    metadata::Metadata,
};

use super::{
    catalogue::Catalogue,
    login_timing::Login,
    page_entries::{prompt_entry, resource_entry, tool_entry},
    registry::DescribedScope,
};

#[cfg(test)]
mod tests;

/// The member for the URL of the documentation page (RFC 9728 §2).
const DOCUMENTATION: &str = "resource_documentation";

/// The protected resource metadata: of a server alone, and of a mounted router, which may have
/// no documentation page.
#[derive(Clone)]
pub(super) struct MetadataDocuments {
    pub(super) alone: Bytes,
    pub(super) mounted: Bytes,
}

/// The documentation of a server, once for people and twice for programs.
#[derive(Clone)]
pub(super) struct Documentation {
    pub(super) html: Bytes,
    pub(super) markdown: Bytes,
    pub(super) json: Bytes,
}

/// The contents of the documents.
pub(super) struct StaticDocuments<'a> {
    pub(super) name: &'a str,
    pub(super) version: &'a str,
    pub(super) settings: &'a ValidConfig,
    pub(super) issuers: &'a [String],
    pub(super) is_development: bool,
    pub(super) login: Login,
    pub(super) scopes: &'a [DescribedScope],
    /// The scopes of the first login.
    pub(super) baseline: &'a [&'static str],
    /// The prefix of scopes in requests of clients to the issuer.
    pub(super) scope_prefix: &'a str,
}

impl StaticDocuments<'_> {
    /// Returns the protected resource metadata (RFC 9728 §2). Adds a warning for each member of
    /// the user's document that is not published.
    pub(super) fn metadata(&self, warnings: &mut Vec<String>) -> MetadataDocuments {
        let settings = self.settings;
        let docs_url = settings.docs_url(false).unwrap_or_default();
        let derived = Metadata {
            resource: settings.resource().as_str(),
            authorization_servers: self.issuers,
            scopes_supported: self.asked_scopes(),
            resource_documentation: &docs_url,
            resource_name: settings.resource_name().unwrap_or(self.name),
            dpop_algorithms: self.algorithms(),
            dpop_required: settings.dpop().is_required(),
        }
        .document();
        let mut members = match settings.document() {
            None => derived,
            Some(brought) => {
                let merged = brought.merge(derived);
                warnings.extend(merged.warnings);
                merged.members
            }
        };
        let alone = Value::Object(members.clone()).to_string().into();
        match settings.docs_url(true) {
            Some(url) => members.insert(DOCUMENTATION.to_owned(), url.into()),
            None => members.remove(DOCUMENTATION),
        };
        let mounted = Value::Object(members).to_string().into();
        MetadataDocuments { alone, mounted }
    }

    fn asked_scopes(&self) -> Vec<String> {
        let all = self.settings.published_scopes() == PublishedScopes::All;
        let is_published = |name: &str| all || self.baseline.contains(&name);
        let names = self.scopes.iter().map(|&(name, _)| name);
        names
            .filter(|name| is_published(name))
            .map(|name| format!("{}{name}", self.scope_prefix))
            .collect()
    }

    fn algorithms(&self) -> Vec<&'static str> {
        let algorithms = self.settings.dpop().algorithms().iter();
        algorithms.map(|algorithm| algorithm.name()).collect()
    }

    /// Returns the documentation.
    pub(super) fn documentation(&self, catalogue: &Catalogue) -> Documentation {
        let tools = catalogue.tools.iter();
        let tools = tools.map(|tool| {
            tool_entry(
                tool.listing(),
                tool.requirement(),
                (tool.conditions(), tool.question(), tool.limits()),
            )
        });
        let prompts = catalogue.prompts.iter().map(prompt_entry);
        let resources = catalogue.resources.iter().map(resource_entry);
        self.documentation_of(tools.collect(), prompts.collect(), resources.collect())
    }

    /// Returns the documentation for the given entries.
    pub(super) fn documentation_of(
        &self,
        tools: Vec<ToolEntry<'_>>,
        prompts: Vec<PromptEntry<'_>>,
        resources: Vec<ResourceEntry<'_>>,
    ) -> Documentation {
        let dpop = self.settings.dpop();
        let scope = |&(name, description): &DescribedScope| ScopeEntry { name, description };
        let paths = self.settings.paths();
        let facts = PageFacts {
            name: self.name,
            version: self.version,
            resource: self.settings.resource().as_str(),
            metadata: &paths.metadata_url(),
            page: &paths.docs(false).unwrap_or_default(),
            issuers: self.issuers.iter().map(String::as_str).collect(),
            development: self.is_development,
            login: self.login.into(),
            bound_tokens_required: dpop.is_on().then(|| dpop.is_required()),
            scopes: self.scopes.iter().map(scope).collect(),
            tools,
            prompts,
            resources,
        };
        Documentation {
            html: docs_page::render(&facts).into(),
            markdown: docs_page::render_markdown(&facts).into(),
            json: docs_page::render_json(&facts).into(),
        }
    }
}
