//! What expansions of `#[mcp_tool]` may name. No part of the public interface: it changes
//! with any release, and the macro is pinned to the release that it belongs to.

pub use core::{
    concat,
    marker::{Send, Sync},
};
pub use std::{boxed::Box, sync::Arc};

use crate::tool::{ToolError, ToolOutcome};
pub use crate::{
    access::Requirement,
    scope::Scope,
    tool::{
        Args, Argument, Call, CallFuture, Definition, Describe, Facts, FromCall, FromRef,
        IntoToolResult, Limit, ScopeText, ToolDef, ToolGroup, ToolSet, argument, arguments, run,
    },
};

/// Has the receiver of a method.
pub fn receiver<S, T>(call: &Call<S>) -> Arc<T>
where
    Arc<T>: FromRef<S>,
{
    Arc::from_ref(call.state())
}

/// Has an extractor's value.
///
/// # Errors
///
/// The extractor's own.
pub fn extract<S, T: FromCall<S>>(call: &mut Call<S>) -> Result<T, ToolError> {
    T::from_call(call)
}

/// Has the outcome of a tool's result.
///
/// # Errors
///
/// None: it is what a body of a tool ends with, and that is a `Result`.
pub fn done<T: IntoToolResult>(value: T) -> Result<ToolOutcome, ToolError> {
    Ok(value.into_tool_result())
}

/// What stands in for a definition beside the errors of an attribute; it is never run.
#[must_use]
pub fn stub<S>() -> Definition<S> {
    Definition::new(
        Facts::new("", "", Requirement::Scopes(&[])),
        |_| {},
        |_| run("", async { Err(ToolError::new("")) }),
    )
}
