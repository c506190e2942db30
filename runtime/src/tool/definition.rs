//! What an expansion of `#[mcp_tool]` says about one function.
//!
//! The macro names things, the runtime does things: an expansion is one value of
//! [`ToolDefinition`], made of facts and two functions. Nothing here is public API.

use super::{
    CallFuture, SchemaBuilder,
    authorize::{Answer, Asked, Check},
    run,
};
use crate::{
    item::{Call, Facts, FromCall, ToolError},
    scope::Scope,
};

/// One tool as its author wrote it.
pub struct ToolDefinition<S> {
    pub(super) facts: Facts,
    pub(super) describe: Box<dyn FnOnce(&mut SchemaBuilder) + Send>,
    pub(super) call: Box<dyn Fn(Call<S>) -> CallFuture + Send + Sync>,
    pub(super) takes_context: bool,
    pub(super) takes_caller: bool,
    pub(super) check: Option<Check>,
}

impl<S> ToolDefinition<S> {
    /// A tool by its facts, its schemas and what runs it.
    pub fn new(
        facts: Facts,
        describe: impl FnOnce(&mut SchemaBuilder) + Send + 'static,
        call: impl Fn(Call<S>) -> CallFuture + Send + Sync + 'static,
    ) -> Self {
        Self {
            facts,
            describe: Box::new(describe),
            call: Box::new(call),
            takes_context: false,
            takes_caller: false,
            check: None,
        }
    }

    /// What stands in for a definition beside the errors of an attribute; it is never run.
    #[must_use]
    pub fn stub() -> Self {
        Self::new(
            Facts::stub(),
            |_| {},
            |_| run("", async { Err(ToolError::new("")) }),
        )
    }

    /// `authorize = …` and `demands = […]`.
    #[must_use]
    pub fn authorize(
        mut self,
        demands: &'static [Scope],
        ask: impl Fn(&mut Asked) -> Answer + Send + Sync + 'static,
    ) -> Self {
        self.check = Some(Check::new(demands, ask));
        self
    }

    /// Says that the tool has a parameter of this extractor.
    #[must_use]
    pub fn extracts<T: FromCall<S>>(mut self) -> Self {
        self.takes_context |= T::NEEDS_CONTEXT;
        self.takes_caller |= T::NEEDS_CALLER;
        self
    }
}

impl<S: Clone + Send + Sync + 'static> ToolDefinition<S> {
    /// The same with its state in it, so that what serves it is compiled once, and not
    /// anew for each type of state.
    pub(super) fn bound(self, state: S) -> ToolDefinition<()> {
        let Self {
            facts,
            describe,
            call,
            takes_context,
            takes_caller,
            check,
        } = self;
        ToolDefinition {
            facts,
            describe,
            call: Box::new(move |bare| call(bare.with_state(state.clone()))),
            takes_context,
            takes_caller,
            check,
        }
    }
}
