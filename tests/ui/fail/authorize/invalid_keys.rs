// errors: 5
use toolgate::mcp_tool;

/// A string.
#[mcp_tool(authenticated, authorize = "check")]
fn text() {}

/// A closure.
#[mcp_tool(authenticated, authorize = |_| Ok(()))]
fn closure() {}

/// No value.
#[mcp_tool(authenticated, authorize)]
fn nothing() {}

/// Not a list.
#[mcp_tool(authenticated, authorize = check, authorize_scopes = "files:admin")]
fn no_list() {}

/// Not a scope.
#[mcp_tool(authenticated, authorize = check, authorize_scopes = ["files admin"])]
fn no_scope() {}

fn main() {
    let _ = (text, closure, nothing, no_list, no_scope);
}
