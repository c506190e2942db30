// errors: 1
#![deny(dead_code)]
use toolgate::mcp_tool;

/// In no list: the compiler reports it.
#[mcp_tool(public)]
fn forgotten() {}

/// In a list.
#[mcp_tool(public)]
fn listed() {}

fn server<S>(_: S, _: impl FnOnce(&mut toolgate::ToolSet<S>)) {}

fn main() {
    server((), toolgate::tools![listed]);
}
