// errors: 5
use toolgate::mcp_tool;

/// Two declarations.
#[mcp_tool(scope = "a", public)]
fn both() {}

/// Three.
#[mcp_tool(authenticated, scopes = ["a"], any_scope = ["b"])]
fn all() {}

/// One, twice.
#[mcp_tool(scope = "a", scope = "b")]
fn again() {}

/// `step_up` without a scope.
#[mcp_tool(authenticated, step_up)]
fn step() {}

fn main() {
    let _ = (both, all, again, step);
}
