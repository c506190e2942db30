//! Expansions rely on nothing that the user's crate could have changed.
#![no_implicit_prelude]
#![forbid(unsafe_code)]
#![deny(
    warnings,
    non_camel_case_types,
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    single_use_lifetimes,
    unnameable_types,
    elided_lifetimes_in_paths,
    missing_debug_implementations,
    missing_copy_implementations,
    unused_results,
    unused_lifetimes,
    let_underscore_drop,
    future_incompatible,
    rust_2018_idioms
)]

use ::std::{
    clone::Clone, convert::Into, debug_assert, fmt::Debug, marker::Copy, option::Option, result::Result, string::String,
    sync::Arc,
};
use ::toolgate::{auth::AuthorizeError, mcp_prompt, mcp_resource, mcp_tool, mcp_tools, prompts, resources, scopes, tool::{Call, FromCall}, tools, Args, Caller, Context, Json, ResourceError, State, ToolError};

macro_rules! hostile {
    ($($method:ident)*) => { $(fn $method(self) -> Never { ::std::panic!() })* };
}

/// The result of a method that must not be called.
#[allow(dead_code)]
struct Never;

scopes! {
    /// Every scope.
    pub mod scope {
        /// Read.
        A = "a",
        /// Write.
        B = "b",
    }
}

/// In method syntax, each of these would precede a method of ours that takes `&self`. A unit test
/// of the macros compares the names with those that expansions call.
#[allow(dead_code)]
trait Hostile: ::std::marker::Sized {
    hostile! {
        add argument arguments as_ref assert_listed assert_within authorize authorize_function
        authorize_scopes authorize_takes authorized authorizing caller client_capabilities completes
        concurrency conditions confirm decision default default_of destructive done extract extracts
        from_millis from_secs function_id header icon icon_at idempotent item known_caller
        max_items max_length maximum meta mime_type min_items min_length minimum new open_world
        pattern per_minute prompt_result push rate read_only receiver register resource_result
        result run scope size step_up take take_all text timeout title tool_result with_acr
        with_burst with_max_age with_person with_roles
    }
}

impl<T> Hostile for T {}

/// Names that an expansion could use.
pub mod names {
    /// A type whose name an expansion could use.
    #[derive(::std::fmt::Debug, ::std::clone::Clone, ::std::marker::Copy)]
    pub struct Box;
}
#[allow(unused_imports)]
use names::Box;

#[allow(non_upper_case_globals, dead_code)]
const call: u8 = 1;
#[allow(non_upper_case_globals, dead_code)]
const describe: u8 = 1;
#[allow(non_upper_case_globals, dead_code)]
const set: u8 = 1;
#[allow(non_upper_case_globals, dead_code)]
const value_0: u8 = 1;

/// A part of the state.
#[derive(Debug, Clone, Copy)]
pub struct Feed;

/// An extractor.
#[derive(Debug, Clone, Copy)]
pub struct Own;

impl<S> FromCall<S> for Own {
    const NEEDS_CONTEXT: bool = false;

    fn from_call(_: &mut Call<S>) -> Result<Self, ToolError> {
        Result::Ok(Self)
    }
}

/// Arguments.
#[derive(Debug, ::serde::Deserialize, ::schemars::JsonSchema)]
#[schemars(crate = "::schemars")]
pub struct Search {
    /// What.
    pub query: String,
}

/// A result.
#[derive(Debug, ::serde::Serialize, ::schemars::JsonSchema)]
#[schemars(crate = "::schemars")]
pub struct Found {
    /// What.
    pub what: String,
}

/// A private type in a public tool.
#[derive(Debug, Clone, Copy)]
struct Hidden;

/// A role.
pub const EDITOR: &::std::primitive::str = "editor";

/// An authentication context.
const STRONG: &::std::primitive::str = "urn:example:mfa";

/// Takes everything.
#[mcp_tool(
    any_scope = ["a", ["b", "c"]], any_role = ["d", [EDITOR, "e"]], acr = ["f", STRONG], max_age = 300, person,
    read_only, title = "Everything", step_up, rate = "9/min", burst = 8, concurrency = 7, timeout = "6s"
)]
pub async fn everything(
    /// A text.
    #[arg(min_length = 1, pattern = "^a", header = "Text", rename = "words")]
    text: String,
    /// A number.
    #[arg(default = 1.5, minimum = 0, maximum = 2.5)]
    mut number: f64,
    /// Perhaps.
    #[arg(default)]
    perhaps: Option<u8>,
    State(feed): State<Feed>,
    State(whole): State<Feed>,
    caller: Caller,
    _maybe: Option<Caller>,
    _context: Context,
    #[extract] own: Own,
) -> Result<Json<Found>, ToolError> {
    number += 1.0;
    debug_assert!(number > 0.0);
    let _unused = (text, perhaps, feed, whole, caller, own);
    Result::Ok(Json(Found { what: String::new() }))
}

fn judge(caller: &Caller, text: &str, _: &State<Feed>, of: &Option<u8>) -> Result<(), AuthorizeError> {
    match (caller.has(text), of) {
        (true, Option::Some(0)) => Result::Err(AuthorizeError::needs_scopes([scope::B])),
        _ => Result::Ok(()),
    }
}

/// Authorized by its arguments.
#[mcp_tool(scope = scope::A, authorize = judge, authorize_scopes = [scope::B])]
pub fn judged(text: String, State(_feed): State<Feed>, of: Option<u8>) -> String {
    let _ = of;
    text
}

/// Read by its name.
#[mcp_resource(uri = "notes://{id}/{+rest}", any_scope = [scope::A, "b"], roles = ["x", "y z"], mime_type = "text/plain", title = "Note")]
pub async fn note(
    #[arg(complete = ids)] id: u32,
    State(feed): State<Feed>,
    #[arg(rename = "rest")] path: String,
    #[extract] own: Own,
) -> Result<Option<Json<u32>>, ResourceError> {
    let _unused = (feed, path, own);
    Result::Ok(Option::Some(Json(id)))
}

fn ids(begun: &str, State(_feed): State<Feed>, _own: Own) -> ::std::vec::Vec<String> {
    ::std::vec![Into::into(begun)]
}

/// Read.
#[mcp_resource(uri = "notes://all", public, size = 7)]
fn notes() -> &'static str {
    "a note"
}

/// Begins.
#[mcp_prompt(scope = "a", acr = "gold", name = "the.beginning")]
pub async fn begin(
    /// With what.
    #[arg(complete = beginnings)]
    with: Option<String>,
) -> String {
    with.unwrap_or_default()
}

async fn beginnings(begun: String) -> ::std::vec::Vec<String> {
    ::std::vec![begun]
}

/// Takes one struct.
#[mcp_tool(public)]
pub(crate) fn whole(Args(search): Args<Search>) -> String {
    search.query
}

/// Private state.
#[mcp_tool(public)]
fn hidden(State(_hidden): State<Arc<Hidden>>) {}

/// Methods.
#[derive(Debug, Clone, Copy)]
pub struct Desk;

#[mcp_tools(declared_scopes = scope::ALL)]
impl Desk {
    /// Shows.
    #[mcp_tool(authenticated)]
    async fn show(&self, State(_hidden): State<Arc<Hidden>>) -> &'static str {
        "desk"
    }

    /// A role of this desk.
    const CLERK: &'static ::std::primitive::str = "clerk";

    /// Shares.
    #[mcp_tool(scope = "a", role = Self::CLERK, max_age = 60)]
    fn share(self: Arc<Self>, of: u8) -> u8 {
        of
    }

    /// Reads.
    #[mcp_resource(uri = "desk://{drawer}", scope = "b")]
    fn drawer(&self, #[arg(complete = Self::drawers)] drawer: u8) -> String {
        ::std::string::ToString::to_string(&drawer)
    }

    fn drawers(begun: &str, _desk: Arc<Self>) -> ::std::vec::Vec<String> {
        ::std::vec![Into::into(begun)]
    }

    /// Asks.
    #[mcp_prompt(authenticated)]
    async fn ask(self: &Arc<Self>, what: String, _caller: Caller) -> String {
        what
    }
}

mod inner {
    /// In a module.
    #[::toolgate::mcp_tool(public)]
    pub(super) fn deep() {}
}

fn check<S>(_: impl ::std::ops::FnOnce(&mut ::toolgate::ToolSet<S>)) {}
fn check_resources<S>(_: impl ::std::ops::FnOnce(&mut ::toolgate::ResourceSet<S>)) {}
fn check_prompts<S>(_: impl ::std::ops::FnOnce(&mut ::toolgate::PromptSet<S>)) {}

fn main() {
    check::<Feed>(tools![everything, whole, inner::deep,]);
    check::<Arc<Hidden>>(tools![hidden]);
    check::<Feed>(tools![]);
    check::<Feed>(tools![in scope::ALL; judged, whole]);
    check_resources::<Feed>(resources![note, notes]);
    check_resources::<Feed>(resources![in scope::ALL; note, notes]);
    check_prompts::<()>(prompts![begin]);
    check_prompts::<()>(prompts![in scope::ALL; begin]);
    check_resources::<Desk>(Desk::resources);
    check_prompts::<Arc<Desk>>(Desk::prompts);
}
