//! A tool: the declaration of its author, its schemas, and the function that runs it.
//!
//! | file | what it holds |
//! |---|---|
//! | `tool_parameters` | what an expansion of `#[mcp_tool]` states about one function |
//! | `argument` | [`Argument`]: reads one argument; [`Args`]: all arguments as one struct |
//! | `argument_names` | the rule for the names of arguments |
//! | `argument_validation` | validates a call's arguments against the published schema |
//! | `param_header` | the rules for `x-mcp-header` |
//! | `schema_builder` | builds the schemas of arguments and results |
//! | `tool_result` | what a tool can return, and how large |
//! | `warnings` | what some clients refuse or misunderstand |
//!
//! What tools have in common with prompts and resources is in the module `item`.

use std::sync::Arc;

use futures_util::FutureExt;
use rmcp::{
    ErrorData,
    model::{CallToolResponse, CallToolResult, ContentBlock, ToolAnnotations},
};
use schemars::Schema;
use serde_json::{Map, Value};

use crate::{
    authorization::Target,
    error::SetupErrors,
    item::{Built, Item, ItemDeclaration, KindParts, Published, Running, Sealed},
};

pub(crate) mod argument;
mod argument_names;
mod argument_validation;
mod param_header;
pub(crate) mod schema_builder;
pub(crate) mod tool_parameters;
pub(crate) mod tool_result;
mod warnings;

pub use crate::item::{
    Call, CallError, Context, FromCall, FromRef, IntoCallError, IntoOutput, ItemDef, ItemSet, Json,
    Kind, LogLevel, RegistersItems, State, ToolError,
};
pub use argument::{Args, Argument};
pub(crate) use tool_result::DEFAULT_RESULT_SIZE;

use argument_validation::ArgumentValidator;
use schema_builder::SchemaBuilder;
use tool_parameters::ToolParameters;

/// The kind of tools.
#[derive(Debug)]
pub enum ToolKind {}

/// Collects the tools of a server, whose state is `S`. The order in which they are added does
/// not matter.
///
/// A module can offer its tools as a function of its own:
///
/// ```
/// use toolgate::{ToolSet, mcp_tool};
///
/// /// Adds two numbers.
/// #[mcp_tool(public)]
/// fn add(
///     /// The first.
///     a: i64,
///     /// The second.
///     b: i64,
/// ) -> i64 {
///     a + b
/// }
///
/// pub fn tools(set: &mut ToolSet<()>) {
///     set.add::<add>();
/// }
/// ```
pub type ToolSet<S> = ItemSet<S, ToolKind>;

/// What validates the arguments of a tool.
pub(crate) struct ToolInput {
    arguments: ArgumentValidator,
    has_param_headers: bool,
    /// How many bytes a result may have.
    pub(crate) result_size: usize,
}

impl Sealed for ToolKind {}

impl Kind for ToolKind {
    type Parameters = ToolParameters;
    type Output = CallToolResponse;
    type Error = ToolError;
    type OutputFacts = Option<Schema>;
}

impl KindParts for ToolKind {
    const NOUN: &'static str = "tool";

    type Address = &'static str;
    type Listing = rmcp::model::Tool;
    type Input = ToolInput;
    type ResponseContext = ();
    type Response = CallToolResponse;

    fn target(index: u32) -> Target {
        Target::Tool(index)
    }

    fn index(target: Target) -> Option<usize> {
        match target {
            Target::Tool(index) => usize::try_from(index).ok(),
            Target::Prompt(_) | Target::Resource(_) => None,
        }
    }

    fn address(
        declaration: &ItemDeclaration,
        _: &ToolParameters,
    ) -> Result<&'static str, (String, &'static str)> {
        Ok(declaration.name)
    }

    fn address_text(address: &&'static str) -> &'static str {
        address
    }

    fn build(
        declaration: &ItemDeclaration,
        name: &&'static str,
        parameters: ToolParameters,
        published: Published,
        faults: &mut SetupErrors,
    ) -> Built<Self> {
        let mut description = SchemaBuilder::new();
        (parameters.describe)(&mut description);
        let described = description.finish(name, faults);
        let arguments = ArgumentValidator::new(
            name,
            &described.input,
            described.defaults,
            described.names,
            faults,
        );
        let has_param_headers = param_header::names(&described.input).next().is_some();
        let mut listing =
            rmcp::model::Tool::new(*name, published.description, Arc::new(described.input));
        listing.title = published.title;
        listing.output_schema = described.output.map(Arc::new);
        let hints = ToolAnnotations::from_raw(
            None,
            declaration.read_only,
            declaration.destructive,
            declaration.idempotent,
            declaration.open_world,
        );
        listing.annotations = (hints != ToolAnnotations::default()).then_some(hints);
        listing.icons = published.icons;
        listing.meta = Some(published.meta);
        Built {
            listing,
            input: ToolInput {
                arguments,
                has_param_headers,
                result_size: DEFAULT_RESULT_SIZE,
            },
            undescribed: described.undescribed,
            warnings: described.warnings,
        }
    }

    fn has_argument(_: &&'static str, listing: &rmcp::model::Tool, name: &str) -> bool {
        let arguments = listing.input_schema.get("properties");
        arguments.is_some_and(|arguments| arguments.get(name).is_some())
    }

    fn takes_fast_path(input: &ToolInput) -> bool {
        // rmcp compares these arguments with the headers of the request.
        !input.has_param_headers
    }

    fn validate(
        input: &ToolInput,
        _: &str,
        arguments: Map<String, Value>,
    ) -> Result<Map<String, Value>, CallError> {
        input.arguments.validate(arguments)
    }

    fn bounded(input: &ToolInput, name: &'static str, running: Running<Self>) -> Running<Self> {
        let most = input.result_size;
        running
            .map(move |end| tool_result::bound(name, end, most))
            .boxed()
    }

    fn response_context(_: &rmcp::model::Tool, _: &ToolInput, _: &str) {}

    fn respond(
        (): (),
        end: Result<CallToolResponse, CallError>,
        is_current: bool,
    ) -> Result<CallToolResponse, ErrorData> {
        match end {
            Err(error) if is_current => error
                .protocol_error()
                .map_or_else(|| Ok(failed(&error)), Err),
            end => Ok(response(end)),
        }
    }
}

/// Returns the response to a call, where every failure is a result (`isError: true`).
pub(crate) fn response(end: Result<CallToolResponse, CallError>) -> CallToolResponse {
    end.unwrap_or_else(|error| failed(&error))
}

fn failed(error: &CallError) -> CallToolResponse {
    CallToolResult::error(vec![ContentBlock::text(error.message())]).into()
}

impl<S> Item<S, ToolKind> {
    /// Returns the names of its `Mcp-Param-*` headers, without that prefix.
    pub(crate) fn parameter_headers(&self) -> impl Iterator<Item = &str> {
        param_header::names(&self.listing().input_schema)
    }
}

/// Lists tools for [`Server::tools`](crate::Server::tools): `tools![add, desk::list]`.
///
/// With a vocabulary, `tools![in scope::ALL; add, desk::list]`, a tool that requires a scope
/// which the vocabulary does not declare is a compile error; see [`scopes!`](crate::scopes).
/// An entry can have a `cfg`: `tools![add, #[cfg(feature = "desk")] desk::list]`.
///
/// Each name is the name of a function with [`#[mcp_tool]`](crate::mcp_tool). For any other
/// function the compiler reports `expected type, found function`: put the attribute of *this* crate
/// on it. If a path names such a function and, through a glob import, also the item type of another
/// function, the server does not start.
#[macro_export]
macro_rules! tools {
    ($($list:tt)*) => {
        $crate::__private::list! { $crate tools $($list)* }
    };
}

#[cfg(test)]
mod tests;
