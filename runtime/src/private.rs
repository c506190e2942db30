//! Items that expansions of `#[mcp_tool]` use. Not part of the public interface: they
//! change with any release, and the macro is pinned to the same release.

pub use core::{
    compile_error, concat,
    marker::{Send, Sync},
    result::Result::Ok,
};
pub use std::{boxed::Box, sync::Arc};

pub use crate::{
    access::Requirement,
    item::{
        Alone, Beside, Borrowed, Call, ClientCapability, Facts, FromCall as ExtractedFrom,
        FromRef as PartOf, Later, Now, Owned, ScopeText, Stated,
    },
    prompt::{Messages, PromptDef, PromptDefinition, PromptGroup, PromptSet, messages},
    resource::{Contents, ResourceDef, ResourceDefinition, ResourceGroup, ResourceSet, contents},
    scope::Scope,
    text_argument::{Attempt, Failure, TextSlot, attempt, text},
    tool::{
        Answer, Args, Asked, CallFuture, Limit, Returns, SchemaBuilder, Slot, Structured, ToolDef,
        ToolDefinition, ToolGroup, ToolSet, Verdict, argument, returns, run, verdict,
    },
};
use crate::{
    item::{FromCall, FromRef, ToolError},
    scope::{ScopeDescription, declares},
};

/// Adds a tool by its marker type. The type is passed as a parameter of `fn(T)`, so that
/// the compiler reports a function that is not a tool.
pub fn add<S, T: ToolDef<S>>(set: &mut ToolSet<S>, _: fn(T)) {
    set.add::<T>();
}

/// Adds a resource by its marker type.
pub fn add_resource<S, T: ResourceDef<S>>(set: &mut ResourceSet<S>, _: fn(T)) {
    set.add::<T>();
}

/// Adds a prompt by its marker type.
pub fn add_prompt<S, T: PromptDef<S>>(set: &mut PromptSet<S>, _: fn(T)) {
    set.add::<T>();
}

/// Returns the receiver of a method.
pub fn receiver<S, T>(call: &Call<S>) -> Arc<T>
where
    Arc<T>: FromRef<S>,
{
    Arc::from_ref(call.state())
}

/// Returns the value of an extractor.
///
/// # Errors
///
/// The error of the extractor.
pub fn extract<S, T: FromCall<S>>(call: &mut Call<S>) -> Result<T, ToolError> {
    T::from_call(call)
}

/// Fails to compile if an item requires a scope that the vocabulary does not declare.
#[track_caller]
pub const fn assert_listed<T: Stated>(declared_scopes: &[ScopeDescription]) {
    assert_within(T::ACCESS, T::DEMANDS, declared_scopes);
}

/// Like [`assert_listed`], for the given access and demands.
#[track_caller]
pub const fn assert_within(
    access: Requirement,
    demands: &[Scope],
    declared_scopes: &[ScopeDescription],
) {
    let mut sets: &[&[Scope]] = match access {
        Requirement::Scopes(sets) => sets,
        Requirement::Public | Requirement::Authenticated => &[],
    };
    while let [set, others @ ..] = sets {
        assert_declared(set, declared_scopes);
        sets = others;
    }
    assert_declared(demands, declared_scopes);
}

#[track_caller]
const fn assert_declared(mut scopes: &[Scope], declared_scopes: &[ScopeDescription]) {
    while let [scope, others @ ..] = scopes {
        assert!(
            declares(declared_scopes, *scope),
            "this item requires a scope that the declared_scopes does not declare: declare it in `scopes!`, and use its constant"
        );
        scopes = others;
    }
}

/// Fails to compile if a vocabulary declares a scope twice.
#[track_caller]
pub const fn assert_distinct(mut declared_scopes: &[ScopeDescription]) {
    while let [first, others @ ..] = declared_scopes {
        assert!(
            !declares(others, first.scope()),
            "the declared_scopes declares a scope twice: remove one of the two"
        );
        declared_scopes = others;
    }
}
