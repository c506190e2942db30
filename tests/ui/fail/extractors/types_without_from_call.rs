// errors: 3
use toolgate::{mcp_tool, tool::{Call, FromCall}, tools, State, ToolError, ToolSet};

#[derive(Clone)]
struct App;

#[derive(Clone)]
struct Feed;

struct Tenant;

struct OfApp;

impl FromCall<App> for OfApp {
    fn from_call(_: &mut Call<App>) -> Result<Self, ToolError> {
        Ok(Self)
    }
}

/// A state that the server does not have.
#[mcp_tool(public)]
fn state(State(feed): State<Feed>) {
    let _ = feed;
}

/// Not an extractor.
#[mcp_tool(public)]
fn marked(#[extract] tenant: Tenant) {
    let _ = tenant;
}

/// An extractor for another server.
#[mcp_tool(public)]
fn other(#[extract] of_app: OfApp) {
    let _ = of_app;
}

fn server<S>(_: S, _: impl FnOnce(&mut ToolSet<S>)) {}

fn main() {
    server(App, tools![state, marked, other]);
    server((), tools![other]);
}
