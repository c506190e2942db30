//! Items that expansions of `#[mcp_tool]` use. Not part of the public interface: they
//! change with any release, and the macro is pinned to the same release.

pub use core::{
    compile_error, concat,
    option::Option,
    result::Result::{self, Ok},
};
pub use std::{any::TypeId, boxed::Box, sync::Arc, time::Duration};

pub use toolgate_macros::{__access as access, __list as list, __scopes as scopes};

pub use crate::{
    access::{Conditions, Requirement},
    caller::Caller,
    item::{
        Alone, AuthorizeError, AuthorizedValues, Beside, Borrowed, Call, CallError,
        ClientCapability, DeclaredAccess, Definition, FromCall as ExtractedFrom, FromRef as PartOf,
        ItemDeclaration, ItemDef, ItemGroup, ItemName, Later, Now, Owned, Registering, Returns,
        ScopeText, Sealed, Unimplemented,
        authorize::{AuthorizeReturn, Deciding, authorized, authorizing, decision, known_caller},
        authorize_signature::{AuthorizeSignature, authorize_function},
        extract::{extract, receiver},
        run,
    },
    observer::{
        DecisionEvent, GateState, NotRecordedError, Observer, OperatorEvent, OutcomeEvent,
        PolicyEvent, RequestHead, RequestIds, RequestTrace, RunOutcome, RunReport, ScopeNames,
        UpstreamTrace, UserDecisionEvent, VerificationEvent, VerificationOutcome, WaitingRecord,
    },
    prompt::{
        PromptKind, PromptSet,
        prompt_parameters::{PromptDefinition, PromptParameters},
    },
    rate::Rate,
    resource::{
        ResourceKind, ResourceSet,
        resource_parameters::{ResourceDefinition, ResourceParameters},
    },
    scope::Scope,
    text_argument::{TextArgumentReader, text},
    tool::{
        Args, ToolKind, ToolSet,
        argument::{ArgumentReader, argument},
        schema_builder::{Limit, SchemaBuilder},
        tool_parameters::{ToolDefinition, ToolParameters},
        tool_result::Structured,
    },
};
use crate::{
    item::{IntoOutput, ItemSet, Kind, returns},
    scope::{ScopeDescription, declares},
};

/// Adds an item by its marker type and its function, which have the same path. The type is passed
/// as a parameter of `fn(T)`, so that the compiler reports a function that is not an item.
pub fn add<S, K: Kind, T: ItemDef<S, K>, F: 'static>(
    set: &mut ItemSet<S, K>,
    path: &'static str,
    _: fn(T),
    function: &F,
) {
    set.add_listed::<T>(path, function_id(function));
}

/// Returns what distinguishes a function from every other one.
pub fn function_id<F: 'static>(_: &F) -> TypeId {
    TypeId::of::<F>()
}

/// What every state of a server is, as one short bound for the expansions.
pub trait ServerState: Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<S: Send + Sync + 'static> ServerState for S {}

/// Returns the conversion for results of a tool. Only this bound names the type.
pub fn tool_result<T: IntoOutput<ToolKind>>() -> Returns<ToolKind, T> {
    returns()
}

/// Returns the conversion for results of a prompt. Only this bound names the type.
pub fn prompt_result<T: IntoOutput<PromptKind>>() -> Returns<PromptKind, T> {
    returns()
}

/// Returns the conversion for results of a resource. Only this bound names the type.
pub fn resource_result<T: IntoOutput<ResourceKind>>() -> Returns<ResourceKind, T> {
    returns()
}

/// Fails to compile if an item requires a scope that the vocabulary does not declare.
#[track_caller]
pub const fn assert_listed<T: DeclaredAccess>(item: &str, declared_scopes: &[ScopeDescription]) {
    assert_within(item, T::ACCESS, T::AUTHORIZE_SCOPES, declared_scopes);
}

/// Like [`assert_listed`], for the given access and `authorize_scopes`.
#[track_caller]
pub const fn assert_within(
    item: &str,
    access: Requirement,
    authorize_scopes: &[Scope],
    declared_scopes: &[ScopeDescription],
) {
    let mut sets: &[&[Scope]] = match access {
        Requirement::Scopes(sets) => sets,
        Requirement::Public | Requirement::Authenticated => &[],
    };
    while let [set, others @ ..] = sets {
        assert_declared(item, set, declared_scopes);
        sets = others;
    }
    assert_declared(item, authorize_scopes, declared_scopes);
}

#[track_caller]
const fn assert_declared(item: &str, mut scopes: &[Scope], declared_scopes: &[ScopeDescription]) {
    while let [scope, others @ ..] = scopes {
        if !declares(declared_scopes, *scope) {
            undeclared(item, *scope);
        }
        scopes = others;
    }
}

/// Panics with a message that names both. A constant cannot format: it joins the parts.
#[track_caller]
const fn undeclared(item: &str, scope: Scope) -> ! {
    let parts = [
        "`",
        item,
        "` requires the scope \"",
        scope.as_str(),
        "\", which is not declared: declare it in `scopes!`, and use its constant",
    ];
    let mut message = [0; 512];
    let (mut length, mut parts): (usize, &[&str]) = (0, &parts);
    while let [part, others @ ..] = parts {
        let (_, rest) = message.split_at_mut(length);
        let Some((space, _)) = rest.split_at_mut_checked(part.len()) else {
            break;
        };
        space.copy_from_slice(part.as_bytes());
        (length, parts) = (length + part.len(), others);
    }
    let (text, _) = message.split_at(length);
    match core::str::from_utf8(text) {
        Ok(text) => panic!("{}", text),
        Err(_) => panic!("an item requires a scope that is not declared"),
    }
}
