// errors: 6
use toolgate::mcp_tool;

/// A text.
#[mcp_tool(authenticated, authorize = "check")]
fn text() {}

/// A closure.
#[mcp_tool(authenticated, authorize = |_| Ok(()))]
fn closure() {}

/// Nothing.
#[mcp_tool(authenticated, authorize)]
fn nothing() {}

/// Nobody demands.
#[mcp_tool(authenticated, demands = ["files:admin"])]
fn nobody() {}

/// No list.
#[mcp_tool(authenticated, authorize = check, demands = "files:admin")]
fn no_list() {}

/// No scope.
#[mcp_tool(authenticated, authorize = check, demands = ["files admin"])]
fn no_scope() {}

fn main() {
    let _ = (text, closure, nothing, nobody, no_list, no_scope);
}
