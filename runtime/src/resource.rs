//! A resource: what a client reads by its URI, or by one of the URIs of a template.
//!
//! | file | what it holds |
//! |---|---|
//! | `template_overlap` | templates whose URIs all belong to a template before them |
//! | `resource_parameters` | what an expansion of `#[mcp_resource]` states about one function |
//! | `resource_result` | what a resource can return |
//! | `resource_error` | [`ResourceError`] |
//!
//! What resources have in common with tools and prompts is in the module `item`.

use std::cmp::Ordering;

use rmcp::{ErrorData, model::ReadResourceResponse};
use serde_json::{Map, Value, json};

use crate::{
    authorization::Target,
    error::SetupErrors,
    item::{Built, CallError, FailureKind, ItemDeclaration, ItemSet, KindParts, Published, Sealed},
    uri_pattern::{UriPattern, plainest_spelling},
};

mod resource_error;
pub(crate) mod resource_parameters;
mod resource_result;
mod template_overlap;

pub use crate::{
    item::{Completer, Completions, IntoCallError, IntoOutput, Kind},
    text_argument::FromText,
};
pub use resource_error::ResourceError;
pub use resource_result::ResourceOutcome;

use {resource_parameters::ResourceParameters, template_overlap::covers};

/// The kind of resources.
#[derive(Debug)]
pub enum ResourceKind {}

/// Collects the resources of a server, whose state is `S`.
///
/// A URI without variables takes precedence over templates. If several templates match a URI,
/// the one that was added first is read. No other spelling of a URI, by escapes or by more
/// slashes, is read by the rule of a wider template. A spelling in other case is: where case does
/// not matter, as in some file systems, do not put a resource with stricter access inside a
/// template.
pub type ResourceSet<S> = ItemSet<S, ResourceKind>;

/// What a list publishes about a resource.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ResourceListing {
    /// In `resources/list`.
    Resource(rmcp::model::Resource),
    /// In `resources/templates/list`.
    Template(rmcp::model::ResourceTemplate),
}

impl ResourceListing {
    /// Returns the entry of `resources/list`, if it is one.
    pub(crate) fn resource(&self) -> Option<&rmcp::model::Resource> {
        match self {
            Self::Resource(listing) => Some(listing),
            Self::Template(_) => None,
        }
    }

    /// Returns the entry of `resources/templates/list`, if it is one.
    pub(crate) fn template(&self) -> Option<&rmcp::model::ResourceTemplate> {
        match self {
            Self::Template(listing) => Some(listing),
            Self::Resource(_) => None,
        }
    }
}

/// What reads the variables of a URI, and the media type of the contents.
pub(crate) struct ResourceInput {
    pattern: UriPattern,
    mime_type: Option<&'static str>,
}

/// The URI of a request, and the media type that the attribute declares.
pub(crate) struct RequestedResource {
    uri: String,
    mime_type: Option<&'static str>,
}

impl Sealed for ResourceKind {}

impl Kind for ResourceKind {
    type Parameters = ResourceParameters;
    type Output = ResourceOutcome;
    type Error = ResourceError;
    /// The media type, if every value of the type has the same.
    type OutputFacts = Option<&'static str>;
}

impl KindParts for ResourceKind {
    const NOUN: &'static str = "resource";
    /// A template can cover another one, and a URI can have several spellings.
    const COMPARES_ALL: bool = true;

    type Address = UriPattern;
    type Listing = ResourceListing;
    type Input = ResourceInput;
    type ResponseContext = RequestedResource;
    type Response = ReadResourceResponse;

    fn target(index: u32) -> Target {
        Target::Resource(index)
    }

    fn index(target: Target) -> Option<usize> {
        match target {
            Target::Resource(index) => usize::try_from(index).ok(),
            Target::Tool(_) | Target::Prompt(_) => None,
        }
    }

    fn address(
        _: &ItemDeclaration,
        parameters: &ResourceParameters,
    ) -> Result<UriPattern, (String, &'static str)> {
        let uri = parameters.uri;
        // The attribute of this crate has reported this already.
        UriPattern::parse(uri).map_err(|error| {
            (
                format!("`{uri}` is not a URI of a resource: {error}"),
                "write a URI, such as `notes://all`, or a template, such as `notes://{id}`",
            )
        })
    }

    fn address_text(address: &UriPattern) -> &'static str {
        address.as_str()
    }

    /// URIs come first, sorted. Templates stay in the order of their registration, which decides
    /// between them.
    fn order(one: &UriPattern, other: &UriPattern) -> Ordering {
        match (one.is_template(), other.is_template()) {
            (false, false) => one.as_str().cmp(other.as_str()),
            (one, other) => one.cmp(&other),
        }
    }

    fn conflict(earlier: &UriPattern, later: &UriPattern) -> Option<(String, &'static str)> {
        let (first, second) = (earlier.as_str(), later.as_str());
        let conflicts = match (earlier.is_template(), later.is_template()) {
            (true, true) => covers(first, second),
            (false, false) => plainest_spelling(first) == plainest_spelling(second),
            _ => false,
        };
        conflicts.then(|| match first == second {
            true => (
                format!("two resources have the URI `{second}`"),
                "register it once, or give one of them another URI",
            ),
            false => (
                format!("`{second}` is never read: `{first}` comes before it and matches every URI of it"),
                "add the narrower one first, or remove one of them",
            ),
        })
    }

    fn build(
        declaration: &ItemDeclaration,
        pattern: &UriPattern,
        parameters: ResourceParameters,
        published: Published,
        _: &mut SetupErrors,
    ) -> Built<Self> {
        let mime_type = parameters.mime_type;
        let listing = if pattern.is_template() {
            let mut template =
                rmcp::model::ResourceTemplate::new(pattern.as_str(), declaration.name)
                    .with_description(published.description)
                    .with_meta(published.meta);
            template.title = published.title;
            template.mime_type = mime_type.map(str::to_owned);
            template.icons = published.icons;
            ResourceListing::Template(template)
        } else {
            let mut resource = rmcp::model::Resource::new(pattern.as_str(), declaration.name)
                .with_description(published.description)
                .with_meta(published.meta);
            resource.title = published.title;
            resource.mime_type = mime_type.map(str::to_owned);
            resource.size = parameters.size;
            resource.icons = published.icons;
            ResourceListing::Resource(resource)
        };
        Built {
            listing,
            input: ResourceInput {
                pattern: pattern.clone(),
                mime_type,
            },
            undescribed: Vec::new(),
            warnings: Vec::new(),
        }
    }

    fn has_argument(pattern: &UriPattern, _: &ResourceListing, name: &str) -> bool {
        pattern.variables().any(|variable| variable == name)
    }

    /// Reads the variables of the URI.
    fn validate(
        input: &ResourceInput,
        uri: &str,
        _: Map<String, Value>,
    ) -> Result<Map<String, Value>, CallError> {
        let values = input.pattern.matches(uri);
        let values = values.ok_or_else(|| CallError::not_found(NO_SUCH_RESOURCE))?;
        let mut texts = Map::new();
        for (name, value) in values {
            texts.insert(name.to_owned(), Value::String(value));
        }
        Ok(texts)
    }

    fn response_context(
        _: &ResourceListing,
        input: &ResourceInput,
        uri: &str,
    ) -> RequestedResource {
        RequestedResource {
            uri: uri.to_owned(),
            mime_type: input.mime_type,
        }
    }

    fn respond(
        requested: RequestedResource,
        end: Result<ResourceOutcome, CallError>,
        _: bool,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let RequestedResource { uri, mime_type } = requested;
        match end {
            Ok(outcome) => Ok(outcome.finish(&uri, mime_type)),
            Err(error) => match error.kind() {
                // A variable that cannot be read is a URI without a resource.
                FailureKind::NotFound | FailureKind::Unreadable => {
                    Err(not_found(error.message(), &uri))
                }
                FailureKind::Failed => Err(error.into_error_data()),
            },
        }
    }
}

/// The message for a resource that does not exist.
pub(crate) const NO_SUCH_RESOURCE: &str = "there is no such resource";

/// Returns the protocol's error for a resource that does not exist. It repeats the URI, unless
/// the URI is too long: services between server and client log errors.
pub(crate) fn not_found(message: &str, uri: &str) -> ErrorData {
    let data = (uri.len() <= LONGEST_REPEATED).then(|| json!({ "uri": uri }));
    ErrorData::resource_not_found(message.to_owned(), data)
}

/// The longest URI that an error repeats, in bytes.
const LONGEST_REPEATED: usize = 256;

/// Lists resources as [`tools!`](crate::tools) lists tools: `resources![note, all_notes]`,
/// or `resources![in scope::ALL; note, all_notes]`.
#[macro_export]
macro_rules! resources {
    ($($list:tt)*) => {
        $crate::__private::list! { $crate resources $($list)* }
    };
}

#[cfg(test)]
mod tests;
