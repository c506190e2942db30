//! A resource: what a client reads by its URI, or by one of the URIs of a template.
//!
//! | file | what it holds |
//! |---|---|
//! | `set`, `overlap` | [`ResourceSet`] and [`resources!`](crate::resources), and what clashes in it |
//! | `definition` | what an expansion of `#[mcp_resource]` says about one function |
//! | `outcome` | [`IntoResourceResult`]: what a function can give back |
//! | `failure` | [`ResourceError`] |
//!
//! It is read for an [`Permit`] to read this very resource, and for nothing else.

use futures_util::{FutureExt, future::BoxFuture};
use rmcp::{
    ErrorData,
    model::{CompletionInfo, ReadResourceResponse},
};
use serde_json::{Map, Value, json};

use crate::{
    access::Requirement,
    authorization::{Permit, Target},
    error::Faults,
    item::{Call, ClientCapability, Completing, complete},
    text_argument::{Attempt, Failure},
    uri_pattern::UriPattern,
};

mod definition;
mod resource_error;
mod resource_result;
mod set;
mod template_overlap;

pub use definition::ResourceDefinition;
pub use resource_error::{IntoResourceError, ResourceError};
pub use resource_result::{Contents, IntoResourceResult, ResourceOutcome, contents};
pub use set::{ResourceDef, ResourceGroup, ResourceSet};

/// One resource of a server, or one template, ready to be listed and read.
pub(crate) struct Resource<S> {
    id: u32,
    name: &'static str,
    pattern: UriPattern,
    requirement: Requirement,
    step_up: bool,
    takes_context: bool,
    client_capabilities: &'static [ClientCapability],
    mime_type: Option<&'static str>,
    listing: ResourceListing,
    completers: Vec<Completing<S>>,
    read: Box<dyn Fn(Call<S>) -> Attempt<ResourceOutcome> + Send + Sync>,
}

/// What is published of a resource.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ResourceListing {
    /// In `resources/list`.
    Resource(rmcp::model::Resource),
    /// In `resources/templates/list`.
    Template(rmcp::model::ResourceTemplate),
}

impl<S> Resource<S> {
    /// Builds what a definition describes; what is wrong with it goes to `faults`.
    fn build(
        definition: ResourceDefinition<S>,
        pattern: UriPattern,
        id: u32,
        faults: &mut Faults,
    ) -> Self {
        let ResourceDefinition {
            mut facts,
            mime_type,
            size,
            takes_context,
            takes_caller,
            completers,
            read,
            ..
        } = definition;
        let published = facts.publish("resource", takes_caller, &[], faults);
        let listing = if pattern.is_template() {
            let mut template = rmcp::model::ResourceTemplate::new(pattern.as_str(), facts.name)
                .with_description(published.description)
                .with_meta(published.meta);
            template.title = published.title;
            template.mime_type = mime_type.map(str::to_owned);
            template.icons = published.icons;
            ResourceListing::Template(template)
        } else {
            let mut resource = rmcp::model::Resource::new(pattern.as_str(), facts.name)
                .with_description(published.description)
                .with_meta(published.meta);
            resource.title = published.title;
            resource.mime_type = mime_type.map(str::to_owned);
            resource.size = size;
            resource.icons = published.icons;
            ResourceListing::Resource(resource)
        };
        Self {
            id,
            name: facts.name,
            pattern,
            requirement: facts.requirement,
            step_up: facts.step_up,
            takes_context,
            client_capabilities: facts.client_capabilities,
            mime_type,
            listing,
            completers,
            read,
        }
    }

    /// Its name, as its author gave it.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// Its URI, or the template of its URIs.
    pub(crate) fn pattern(&self) -> &UriPattern {
        &self.pattern
    }

    /// What it asks of its reader.
    pub(crate) fn requirement(&self) -> Requirement {
        self.requirement
    }

    /// Whether its scopes are to be asked for when it is read only.
    pub(crate) fn is_step_up(&self) -> bool {
        self.step_up
    }

    /// Whether it may need rmcp's own context of a request.
    pub(crate) fn takes_context(&self) -> bool {
        self.takes_context
    }

    /// What its client must be able to be asked for.
    pub(crate) fn client_capabilities(&self) -> &'static [ClientCapability] {
        self.client_capabilities
    }

    /// What `resources/list` or `resources/templates/list` publishes.
    pub(crate) fn listing(&self) -> &ResourceListing {
        &self.listing
    }

    /// Reads the resource of a URI, when the admission is one for this resource.
    pub(crate) fn read(
        &self,
        permit: &Permit,
        uri: &str,
        mut call: Call<S>,
    ) -> BoxFuture<'static, Result<ReadResourceResponse, ErrorData>> {
        if permit.target() != Some(Target::Resource(self.id)) {
            // The gate and the dispatch disagree: a fault of this library, never run through.
            tracing::error!(target: "toolgate::tool", resource = self.name, "a reading without an admission for this resource was refused");
            let refused = ErrorData::internal_error("this request was not admitted", None);
            return std::future::ready(Err(refused)).boxed();
        }
        let Some(values) = self.pattern.matches(uri) else {
            return std::future::ready(Err(not_found("there is no such resource", uri))).boxed();
        };
        let mut texts = Map::new();
        for (name, value) in values {
            texts.insert(name.to_owned(), Value::String(value));
        }
        call.begin(self.name, texts);
        let (uri, mime_type) = (uri.to_owned(), self.mime_type);
        let reading = (self.read)(call);
        let end = async move {
            match reading.await {
                Ok(outcome) => Ok(outcome.finish(&uri, mime_type)),
                // Where nothing could be meant by a variable there is no resource.
                Err(Failure::NotFound(error) | Failure::Unreadable(error)) => {
                    Err(not_found(error.message(), &uri))
                }
                Err(Failure::Failed(error)) => Err(error.into_error_data()),
            }
        };
        end.boxed()
    }

    /// Whether any variable of it can be completed.
    pub(crate) fn has_completers(&self) -> bool {
        !self.completers.is_empty()
    }

    /// Completes a variable, if there is a completer for it and the admission is one for
    /// this resource.
    pub(crate) fn complete(
        &self,
        permit: &Permit,
        variable: &str,
        begun: &str,
        call: Call<S>,
    ) -> Option<BoxFuture<'static, CompletionInfo>> {
        if permit.target() != Some(Target::Resource(self.id)) {
            tracing::error!(target: "toolgate::tool", resource = self.name, "a completion without an admission for this resource was refused");
            return None;
        }
        complete(&self.completers, variable, begun, call)
    }
}

/// The protocol's error for a resource that is not there. It repeats the URI, unless that
/// is too long: errors are logged by the service in between.
pub(crate) fn not_found(message: &str, uri: &str) -> ErrorData {
    let data = (uri.len() <= LONGEST_REPEATED).then(|| json!({ "uri": uri }));
    ErrorData::resource_not_found(message.to_owned(), data)
}

/// The longest URI that an error repeats, in bytes.
const LONGEST_REPEATED: usize = 256;

#[cfg(test)]
mod tests;
