//! [`Kind`]: what makes a tool, a prompt and a resource differ. Everything else about an item is
//! written once, in this folder.

use std::cmp::Ordering;

use futures_util::future::BoxFuture;
use rmcp::{ErrorData, model::InputRequiredResult};
use serde_json::{Map, Value};

use super::{CallError, ItemDeclaration, Published, ToolError};
use crate::{authorization::Target, error::SetupErrors};

/// A kind of item: [`ToolKind`](crate::tool::ToolKind), [`PromptKind`](crate::prompt::PromptKind) or
/// [`ResourceKind`](crate::resource::ResourceKind). Only this crate implements it.
pub trait Kind: Sealed + Sized + 'static {
    /// What an attribute states for this kind alone.
    #[doc(hidden)]
    type Parameters: Send + 'static;

    /// The result of a request for an item of this kind.
    type Output: From<InputRequiredResult> + Send + 'static;

    /// The error of an item of this kind.
    type Error: From<ToolError> + From<CallError> + Into<CallError>;

    /// What a list publishes about the output: the schema of a tool's structured content, or the
    /// media type of a resource.
    type OutputFacts: Default;
}

/// Seals [`Kind`]: it has no public name outside of the expansions.
#[doc(hidden)]
pub trait Sealed {}

/// The future that runs the author's code.
pub(crate) type Running<K> = BoxFuture<'static, Result<<K as Kind>::Output, CallError>>;

/// What a list publishes about one item, and what validates its requests.
pub(crate) struct Built<K: KindParts> {
    pub(crate) listing: K::Listing,
    pub(crate) input: K::Input,
    /// The arguments that have no description, by name.
    pub(crate) undescribed: Vec<String>,
    /// What some clients refuse or misunderstand, each with its remedy.
    pub(crate) warnings: Vec<String>,
}

/// The parts of an item that depend on its kind.
pub(crate) trait KindParts: Kind {
    /// The noun in messages: "tool".
    const NOUN: &'static str;

    /// What a client names an item by: a name, or the pattern of a URI.
    type Address: Send + Sync + 'static;

    /// What a list publishes about an item.
    type Listing: Send + Sync + 'static;

    /// What validates the arguments of a request.
    type Input: Send + Sync + 'static;

    /// The data of the item and the request that a response needs in addition to the output.
    type ResponseContext: Send + 'static;

    /// The response of the protocol.
    type Response: Send + 'static;

    /// Returns the target of the item with this index.
    fn target(index: u32) -> Target;

    /// Returns the index of a target, if the target is of this kind.
    fn index(target: Target) -> Option<usize>;

    /// Returns the address of an item. An error says what is wrong, and how to fix it.
    fn address(
        declaration: &ItemDeclaration,
        parameters: &Self::Parameters,
    ) -> Result<Self::Address, (String, &'static str)>;

    /// Returns the address as its author wrote it.
    fn address_text(address: &Self::Address) -> &'static str;

    /// Returns the order of two items in a list. The sort is stable.
    fn order(one: &Self::Address, other: &Self::Address) -> Ordering {
        Self::address_text(one).cmp(Self::address_text(other))
    }

    /// Whether items with different addresses can conflict. Each is then compared with all
    /// before it; otherwise with its neighbour, because equal addresses are adjacent.
    const COMPARES_ALL: bool = false;

    /// Returns why two items cannot belong to one server, and how to fix it.
    fn conflict(earlier: &Self::Address, later: &Self::Address) -> Option<(String, &'static str)> {
        let (name, later) = (Self::address_text(earlier), Self::address_text(later));
        (name == later).then(|| {
            (
                format!("two {}s are named `{name}`", Self::NOUN),
                "register it once, or give one of them another name with `name = \"…\"`",
            )
        })
    }

    /// Builds the listing and the validation of an item. Errors are added to `faults`.
    fn build(
        declaration: &ItemDeclaration,
        address: &Self::Address,
        parameters: Self::Parameters,
        published: Published,
        faults: &mut SetupErrors,
    ) -> Built<Self>;

    /// Returns whether the item takes an argument, or its URI has a variable, of this name.
    fn has_argument(address: &Self::Address, listing: &Self::Listing, name: &str) -> bool;

    /// Returns whether requests can take the fast path, as far as this kind knows.
    fn takes_fast_path(_: &Self::Input) -> bool {
        false
    }

    /// Validates a request. `requested` is the name or the URI in the request. Returns the
    /// arguments that the item runs with.
    ///
    /// # Errors
    ///
    /// Returns an error if the item does not take these arguments.
    fn validate(
        input: &Self::Input,
        requested: &str,
        arguments: Map<String, Value>,
    ) -> Result<Map<String, Value>, CallError>;

    /// Returns the data that the response needs in addition to the output.
    fn response_context(
        listing: &Self::Listing,
        input: &Self::Input,
        requested: &str,
    ) -> Self::ResponseContext;

    /// Bounds the size of an output, if the kind has a bound. `name` is that of the item.
    fn bounded(_: &Self::Input, _: &'static str, running: Running<Self>) -> Running<Self> {
        running
    }

    /// Converts an output or an error to the response. `is_current` says whether the revision
    /// has an error for missing capabilities of the client.
    ///
    /// # Errors
    ///
    /// Returns the protocol's error, where the protocol has no result for a failure.
    fn respond(
        context: Self::ResponseContext,
        end: Result<Self::Output, CallError>,
        is_current: bool,
    ) -> Result<Self::Response, ErrorData>;
}
