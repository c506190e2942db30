//! A tool: the facts that its author stated, its schemas, and one function that runs it.
//!
//! | file | what it holds |
//! |---|---|
//! | `set` | [`ToolSet`] and [`tools!`](crate::tools): which tools a server has |
//! | `definition`, `facts` | what an expansion of `#[mcp_tool]` says about one function |
//! | `security` | what a tool asks for, as its listing says it |
//! | `call` | [`Call`]: what one call brings |
//! | `argument` | [`Argument`]: read one argument; [`Args`]: all of them as one struct |
//! | `extract` | [`FromCall`], [`FromRef`], [`State`] |
//! | `authorize` | [`AuthorizeError`]: arguments decide, before the tool runs |
//! | `caller`, `context` | [`Caller`], [`Context`] |
//! | `round` | [`Round`]: a call of several, with sealed state between them |
//! | `capability` | [`ClientCapability`]: what a client can be asked for |
//! | `describe` | arguments and results → JSON Schemas |
//! | `header` | the rules for `x-mcp-header` |
//! | `input` | a call's arguments against the schema that is published |
//! | `outcome`, `failure` | [`IntoToolResult`], [`Json`]; [`ToolError`] |
//!
//! A tool runs for an [`Permit`] to run this very tool, and for nothing else.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use rmcp::model::ToolAnnotations;
use serde_json::{Map, Value};

use crate::{
    access::Requirement,
    authorization::{Permit, Target},
    caller::Caller,
    error::Faults,
    item::{Call, ClientCapability, ToolError},
    scope::Scope,
};

mod argument;
mod argument_validation;
mod authorize;
mod definition;
mod param_header;
mod run;
mod schema_builder;
mod set;
mod tool_result;

pub use argument::{Args, Argument, Slot, argument};
pub use authorize::{Answer, Asked, AuthorizeError, Verdict, verdict};
pub use definition::ToolDefinition;
pub use run::{CallFuture, run};
pub use schema_builder::{Limit, SchemaBuilder};
pub use set::{ToolDef, ToolGroup, ToolSet};
pub use tool_result::{IntoToolResult, Json, Returns, Structured, ToolOutcome, returns};

pub(crate) use authorize::Refused;

use argument_validation::Input;
use authorize::Check;

/// One tool of a server, ready to be listed and called.
pub(crate) struct Tool<S> {
    id: u32,
    name: &'static str,
    requirement: Requirement,
    step_up: bool,
    takes_context: bool,
    is_plain: bool,
    client_capabilities: &'static [ClientCapability],
    listing: rmcp::model::Tool,
    undescribed: Vec<String>,
    input: Input,
    check: Option<Check>,
    call: Box<dyn Fn(Call<S>) -> CallFuture + Send + Sync>,
}

impl<S> Tool<S> {
    /// Builds what a definition describes; what is wrong with it goes to `faults`.
    fn build(definition: ToolDefinition<S>, id: u32, faults: &mut Faults) -> Self {
        let ToolDefinition {
            mut facts,
            describe,
            call,
            takes_context,
            takes_caller,
            check,
        } = definition;
        let name = facts.name;
        let demands = check.as_ref().map_or(&[][..], Check::demands);
        let published = facts.publish("tool", takes_caller, demands, faults);
        let mut description = SchemaBuilder::new();
        describe(&mut description);
        let described = description.finish(name, faults);
        let input = Input::new(
            name,
            &described.input,
            described.defaults,
            described.names,
            faults,
        );

        let mut listing =
            rmcp::model::Tool::new(name, published.description, Arc::new(described.input));
        listing.title = published.title;
        listing.output_schema = described.output.map(Arc::new);
        let hints = ToolAnnotations::from_raw(
            None,
            facts.read_only,
            facts.destructive,
            facts.idempotent,
            facts.open_world,
        );
        listing.annotations = (hints != ToolAnnotations::default()).then_some(hints);
        listing.icons = published.icons;
        listing.meta = Some(published.meta);
        let is_plain = !takes_context
            && facts.client_capabilities.is_empty()
            && param_header::names(&listing.input_schema).next().is_none();
        Self {
            id,
            name,
            requirement: facts.requirement,
            step_up: facts.step_up,
            takes_context,
            is_plain,
            client_capabilities: facts.client_capabilities,
            listing,
            undescribed: described.undescribed,
            input,
            check,
            call,
        }
    }

    /// The name by which it is called.
    pub(crate) fn name(&self) -> &str {
        self.name
    }

    /// What it asks of its caller.
    pub(crate) fn requirement(&self) -> Requirement {
        self.requirement
    }

    /// Whether its scopes are to be asked for at its call only.
    pub(crate) fn is_step_up(&self) -> bool {
        self.step_up
    }

    /// Whether it may need rmcp's own context of a request.
    pub(crate) fn takes_context(&self) -> bool {
        self.takes_context
    }

    /// Whether it needs nothing of rmcp's machinery: neither the context of a request, nor
    /// anything of its client, nor a comparison of its arguments with headers.
    pub(crate) fn is_plain(&self) -> bool {
        self.is_plain
    }

    /// What its client must be able to be asked for.
    pub(crate) fn client_capabilities(&self) -> &'static [ClientCapability] {
        self.client_capabilities
    }

    /// What `tools/list` publishes.
    pub(crate) fn listing(&self) -> &rmcp::model::Tool {
        &self.listing
    }

    /// The arguments that have no description, by name.
    pub(crate) fn undescribed_arguments(&self) -> &[String] {
        &self.undescribed
    }

    /// The names that its arguments have as `Mcp-Param-*` headers, without that prefix.
    pub(crate) fn parameter_headers(&self) -> impl Iterator<Item = &str> {
        param_header::names(&self.listing.input_schema)
    }

    /// The scopes that the tool's arguments can make it demand, beyond its requirement.
    pub(crate) fn demands(&self) -> impl Iterator<Item = Scope> {
        let demands = self.check.as_ref().map_or(&[][..], Check::demands);
        demands.iter().copied()
    }

    /// Asks the tool's `authorize` function, if it has one, about a call that its
    /// requirement admits.
    ///
    /// Arguments that the schema forbids are not asked about: such a call runs nothing,
    /// and is told so as a tool error.
    pub(crate) fn authorize(
        &self,
        caller: Option<&Caller>,
        arguments: &Map<String, Value>,
    ) -> Result<(), Refused> {
        let Some(check) = &self.check else {
            return Ok(());
        };
        let Ok(arguments) = self.input.check(arguments.clone()) else {
            return Ok(());
        };
        check.ask(self.name, caller, arguments).unwrap_or(Ok(()))
    }

    /// Runs the tool, when the admission is one for this tool and the arguments are such
    /// as its schema allows. Whatever goes wrong is an outcome.
    pub(crate) fn call(
        &self,
        permit: &Permit,
        mut call: Call<S>,
    ) -> BoxFuture<'static, ToolOutcome> {
        if permit.target() != Some(Target::Tool(self.id)) {
            // The gate and the dispatch disagree: a fault of this library, never run through.
            tracing::error!(target: "toolgate::tool", tool = self.name, "a call without an admission for this tool was refused");
            return Box::pin(std::future::ready(ToolOutcome::failed(ToolError::new(
                "this call was not admitted",
            ))));
        }
        let checked = self
            .input
            .check(call.take_arguments())
            .and_then(|arguments| {
                self.ask_again(permit.caller(), &arguments)?;
                Ok(arguments)
            });
        match checked {
            Ok(arguments) => {
                call.begin(self.name, arguments);
                (self.call)(call)
            }
            Err(error) => Box::pin(std::future::ready(ToolOutcome::failed(error))),
        }
    }

    /// The second check of the arguments: the gate has asked already.
    fn ask_again(
        &self,
        caller: Option<&Caller>,
        arguments: &Map<String, Value>,
    ) -> Result<(), ToolError> {
        let Some(check) = &self.check else {
            return Ok(());
        };
        match check.ask(self.name, caller, arguments.clone())? {
            Ok(()) => Ok(()),
            Err(_) => {
                tracing::error!(target: "toolgate::tool", tool = self.name, "a call that its `authorize` function denies came past the gate, and was refused");
                Err(ToolError::new("this call was not admitted"))
            }
        }
    }
}

#[cfg(test)]
mod tests;
