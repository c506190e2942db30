// errors: 4
use toolgate::{mcp_prompt, mcp_resource, mcp_tool, Reply, Round};

struct Opaque;

/// Its reply is not a result.
#[mcp_tool(public)]
fn tool(#[extract] round: Round<()>) -> Reply<Opaque> {
    round.ask(&()).roots("folders").into()
}

/// The same for a prompt.
#[mcp_prompt(public)]
fn prompt(#[extract] round: Round<()>) -> Reply<Opaque> {
    round.ask(&()).roots("folders").into()
}

/// The same for a resource.
#[mcp_resource(uri = "a://b", public)]
fn resource(#[extract] round: Round<()>) -> Reply<Opaque> {
    round.ask(&()).roots("folders").into()
}

/// A round without `#[extract]`.
#[mcp_tool(public)]
fn unmarked(round: Round<()>) -> Reply<String> {
    round.ask(&()).roots("folders").into()
}

fn main() {}
