// errors: 5
use toolgate::mcp_tool;

/// Two statements.
#[mcp_tool(scope = "a", public)]
fn both() {}

/// Three.
#[mcp_tool(authenticated, scopes = ["a"], any_scope = ["b"])]
fn all() {}

/// One, twice.
#[mcp_tool(scope = "a", scope = "b")]
fn again() {}

/// A step up to nothing.
#[mcp_tool(authenticated, step_up)]
fn step() {}

fn main() {
    let _ = (both, all, again, step);
}
