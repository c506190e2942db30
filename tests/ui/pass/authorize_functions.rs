//! Each function that Rust lets one call with the caller and references to the parameters,
//! `async` or not, on an item of each kind.
#![deny(warnings)]

use std::fmt::Display;

use schemars::JsonSchema;

use toolgate::{
    auth::AuthorizeError,
    mcp_prompt, mcp_resource, mcp_tool, mcp_tools, prompts, resources, tools,
    tool::{Args, Call, FromCall},
    Caller, Context, Server, State, ToolError,
};

type Decision = Result<(), AuthorizeError>;

fn generic<T: AsRef<str>>(_: &Caller, _: &T) -> Decision {
    Ok(())
}

fn anonymous(_: &Caller, _: &(impl Display + ?Sized)) -> Decision {
    Ok(())
}

fn dynamic(_: &Caller, _: &dyn Display) -> Decision {
    Ok(())
}

fn tied<'a>(_: &'a Caller, _: &'a str, _: &'a str) -> Decision {
    Ok(())
}

fn slice(_: &Caller, _: &[String], _: &Option<u8>) -> Decision {
    Ok(())
}

fn uncalled(_: Option<&Caller>) -> Decision {
    Ok(())
}

const POINTER: fn(&Caller, &str) -> Decision = |_, _| Ok(());

#[derive(Clone)]
struct Store;

/// An extractor of its own.
struct Tenant;

impl<S> FromCall<S> for Tenant {
    const NEEDS_CONTEXT: bool = false;

    fn from_call(_: &mut Call<S>) -> Result<Self, ToolError> {
        Ok(Self)
    }
}

/// A value that threads cannot share.
#[derive(serde::Deserialize, JsonSchema)]
struct Unshared(std::cell::Cell<u8>);

async fn owner(caller: &Caller, id: &str, State(_): &State<Store>, _: &Tenant) -> Decision {
    std::future::ready(()).await;
    match caller.subject() == Some(id) {
        true => Ok(()),
        false => Err(AuthorizeError::denied("only its owner may do this")),
    }
}

async fn perhaps<T: AsRef<str> + ?Sized>(_: Option<&Caller>, _: &T) -> Decision {
    std::future::ready(()).await;
    Ok(())
}

fn boxed<'a>(
    _: &'a Caller,
    _: &'a u32,
) -> std::pin::Pin<Box<dyn Future<Output = Decision> + Send + 'a>> {
    Box::pin(async { Ok(()) })
}

fn unshared(_: &Caller, _: &Unshared) -> Decision {
    Ok(())
}

fn whole(_: &Caller, _: &Search) -> Decision {
    Ok(())
}

#[derive(serde::Deserialize, JsonSchema)]
struct Search {
    /// The text.
    text: String,
}

struct Rules;

#[mcp_tools]
impl Store {
    /// Authorized by a method.
    #[mcp_tool(authenticated, authorize = Self::is_open)]
    async fn nine(&self, door: u8) {
        let _ = door;
    }

    /// Authorized by an associated function.
    #[mcp_resource(uri = "doors://{door}", authenticated, authorize = Self::is_known)]
    fn door(&self, door: u8) -> String {
        door.to_string()
    }

    async fn is_open(&self, _: &Caller, _: &u8) -> Decision {
        std::future::ready(()).await;
        Ok(())
    }

    fn is_known(_: &Caller, _: &u8) -> Decision {
        Ok(())
    }
}

impl Rules {
    #[allow(clippy::too_many_arguments)]
    fn nine(_: &Caller, _: &u8, _: &u8, _: &u8, _: &u8, _: &u8, _: &u8, _: &u8, _: &u8, _: &str) -> Decision {
        Ok(())
    }
}

/// Generic.
#[mcp_tool(authenticated, authorize = generic)]
fn one(text: String) {
    drop(text);
}

/// With `impl`.
#[mcp_tool(authenticated, authorize = anonymous)]
fn two(number: u8) {
    let _ = number;
}

/// With `dyn`.
#[mcp_tool(authenticated, authorize = dynamic)]
fn three(text: String) {
    drop(text);
}

/// With one lifetime for all.
#[mcp_tool(authenticated, authorize = tied)]
fn four(one: String, other: String) {
    drop((one, other));
}

/// With a slice for a list, and an optional argument.
#[mcp_tool(authenticated, authorize = slice)]
fn five(texts: Vec<String>, number: Option<u8>) {
    drop((texts, number));
}

/// Without a caller.
#[mcp_tool(public, authorize = uncalled)]
fn six() {}

/// With a pointer.
#[mcp_tool(authenticated, authorize = POINTER)]
fn seven(text: String) {
    drop(text);
}

/// With more arguments than the message knows.
#[mcp_tool(authenticated, authorize = Rules::nine)]
#[allow(clippy::too_many_arguments)]
fn eight(a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8, h: u8, i: String) {
    drop((a, b, c, d, e, f, g, h, i));
}

/// Async, with state and an extractor of its own. The caller and the context are left out.
#[mcp_resource(uri = "notes://{id}", scope = "read", authorize = owner)]
async fn note(
    caller: Caller,
    id: String,
    State(_store): State<Store>,
    _context: Context,
    #[extract] _tenant: Tenant,
) -> String {
    let _ = caller;
    id
}

/// The same for a prompt.
#[mcp_prompt(scope = "read", authorize = owner)]
fn review(id: String, State(_store): State<Store>, #[extract] _tenant: Tenant) -> String {
    id
}

/// Async, and public.
#[mcp_prompt(public, authorize = perhaps)]
fn greet(name: String, _caller: Option<Caller>) -> String {
    name
}

/// With a boxed future.
#[mcp_resource(uri = "numbers://{number}", authenticated, authorize = boxed)]
fn number(number: u32) -> String {
    number.to_string()
}

/// A value that threads cannot share, for a function that is not async.
#[mcp_tool(authenticated, authorize = unshared)]
fn ten(value: Unshared) {
    drop(value);
}

/// With all arguments as one struct.
#[mcp_tool(authenticated, authorize = whole)]
fn eleven(Args(search): Args<Search>) {
    drop(search.text);
}

fn main() {
    let _server = Server::with_state("files", std::sync::Arc::new(Store))
        .tools(tools![one, two, three, four, five, six, seven, eight, ten, eleven])
        .tools(Store::tools)
        .resources(Store::resources)
        .resources(resources![number])
        .prompts(prompts![greet]);
    let _notes = Server::with_state("notes", Store).resources(resources![note]).prompts(prompts![review]);
}
