//! What expansions of `#[mcp_tool]` may name. No part of the public interface: it changes
//! with any release, and the macro is pinned to the release that it belongs to.

pub use core::{
    concat,
    marker::{Send, Sync},
};
pub use std::{boxed::Box, sync::Arc};

use crate::tool::{FromCall, FromRef, ToolError};
pub use crate::{
    access::Requirement,
    scope::Scope,
    tool::{
        Answer, Args, Asked, Call, CallFuture, Definition, Describe, Facts,
        FromCall as ExtractedFrom, FromRef as PartOf, Limit, Returns, ScopeText, Slot, Structured,
        ToolDef, ToolGroup, ToolSet, Verdict, argument, returns, run, verdict,
    },
};

/// Adds a tool by the type that stands for it. The type is named as a parameter's, where
/// the compiler says of a function that it is none.
pub fn add<S, T: ToolDef<S>>(set: &mut ToolSet<S>, _: fn(T)) {
    set.add::<T>();
}

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

/// What stands in for a definition beside the errors of an attribute; it is never run.
#[must_use]
pub fn stub<S>() -> Definition<S> {
    Definition::new(
        Facts::new("", "", Requirement::Scopes(&[])),
        |_| {},
        |_| run("", async { Err(ToolError::new("")) }),
    )
}
