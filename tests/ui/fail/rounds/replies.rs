// errors: 4
use toolgate::{Reply, Round, mcp_prompt, mcp_resource, mcp_tool};

struct Opaque;

/// Asks, and ends with something that is no result.
#[mcp_tool(public)]
fn tool(#[extract] round: Round<()>) -> Reply<Opaque> {
    round.ask(&()).roots("folders").into()
}

/// The same of a prompt.
#[mcp_prompt(public)]
fn prompt(#[extract] round: Round<()>) -> Reply<Opaque> {
    round.ask(&()).roots("folders").into()
}

/// The same of a resource.
#[mcp_resource(uri = "a://b", public)]
fn resource(#[extract] round: Round<()>) -> Reply<Opaque> {
    round.ask(&()).roots("folders").into()
}

/// A round without its mark.
#[mcp_tool(public)]
fn unmarked(round: Round<()>) -> Reply<String> {
    round.ask(&()).roots("folders").into()
}

fn main() {}
