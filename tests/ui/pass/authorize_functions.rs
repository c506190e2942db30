//! Each function that Rust lets one call with the caller and references to the arguments.
#![deny(warnings)]

use std::fmt::Display;

use toolgate::{auth::AuthorizeError, mcp_tool, tools, Caller, Server};

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

struct Rules;

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

fn main() {
    let _server = Server::new("files").tools(tools![one, two, three, four, five, six, seven, eight]);
}
