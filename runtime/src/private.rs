//! What expansions of `#[mcp_tool]` may name. No part of the public interface: it changes
//! with any release, and the macro is pinned to the release that it belongs to.

pub use core::{
    compile_error, concat,
    marker::{Send, Sync},
    result::Result::Ok,
};
pub use std::{boxed::Box, sync::Arc};

pub use crate::{
    access::Requirement,
    prompt::{Messages, PromptDef, PromptDefinition, PromptGroup, PromptSet, messages},
    resource::{Contents, ResourceDef, ResourceDefinition, ResourceGroup, ResourceSet, contents},
    scope::Scope,
    text::{Alone, Attempt, Beside, Borrowed, Failure, Later, Now, Owned, TextSlot, attempt, text},
    tool::{
        Answer, Args, Asked, Call, CallFuture, Capability, Describe, Facts,
        FromCall as ExtractedFrom, FromRef as PartOf, Limit, Returns, ScopeText, Slot, Stated,
        Structured, ToolDef, ToolDefinition, ToolGroup, ToolSet, Verdict, argument, returns, run,
        verdict,
    },
};
use crate::{
    scope::{ScopeDescription, declares},
    tool::{FromCall, FromRef, ToolError},
};

/// Adds a tool by the type that stands for it. The type is named as a parameter's, where
/// the compiler says of a function that it is none.
pub fn add<S, T: ToolDef<S>>(set: &mut ToolSet<S>, _: fn(T)) {
    set.add::<T>();
}

/// Adds a resource by the type that stands for it.
pub fn add_resource<S, T: ResourceDef<S>>(set: &mut ResourceSet<S>, _: fn(T)) {
    set.add::<T>();
}

/// Adds a prompt by the type that stands for it.
pub fn add_prompt<S, T: PromptDef<S>>(set: &mut PromptSet<S>, _: fn(T)) {
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

/// Stops the compiler at something that asks for a scope which a vocabulary lacks.
#[track_caller]
pub const fn assert_listed<T: Stated>(vocabulary: &[ScopeDescription]) {
    assert_within(T::ACCESS, T::DEMANDS, vocabulary);
}

/// The same by what is asked for.
#[track_caller]
pub const fn assert_within(
    access: Requirement,
    demands: &[Scope],
    vocabulary: &[ScopeDescription],
) {
    let mut sets: &[&[Scope]] = match access {
        Requirement::Scopes(sets) => sets,
        Requirement::Public | Requirement::Authenticated => &[],
    };
    while let [set, others @ ..] = sets {
        assert_declared(set, vocabulary);
        sets = others;
    }
    assert_declared(demands, vocabulary);
}

#[track_caller]
const fn assert_declared(mut scopes: &[Scope], vocabulary: &[ScopeDescription]) {
    while let [scope, others @ ..] = scopes {
        assert!(
            declares(vocabulary, *scope),
            "this item requires a scope that the vocabulary does not declare: declare it in `scopes!`, and use its constant"
        );
        scopes = others;
    }
}

/// Stops the compiler at a vocabulary that declares a scope twice.
#[track_caller]
pub const fn assert_distinct(mut vocabulary: &[ScopeDescription]) {
    while let [first, others @ ..] = vocabulary {
        assert!(
            !declares(others, first.scope()),
            "the vocabulary declares a scope twice: remove one of the two"
        );
        vocabulary = others;
    }
}
