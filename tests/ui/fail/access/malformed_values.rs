// errors: 12
use toolgate::mcp_tool;

/// A call.
#[mcp_tool(scope = format!("a"))]
fn call() {}

/// A list instead of one scope.
#[mcp_tool(scope = ["a", "b"])]
fn list() {}

/// One scope instead of a list.
#[mcp_tool(scopes = "a")]
fn one() {}

/// One alternative without a list.
#[mcp_tool(any_scope = "a")]
fn any() {}

/// An empty list.
#[mcp_tool(scopes = [])]
fn none() {}

/// An empty list of alternatives.
#[mcp_tool(any_scope = [])]
fn no_alternative() {}

/// Twice.
#[mcp_tool(scopes = ["a", "a"])]
fn twice() {}

/// A flag that is switched off.
#[mcp_tool(public = false)]
fn off() {}

/// A key without its value.
#[mcp_tool(scope)]
fn bare() {}

/// A string without a key.
#[mcp_tool("news:read")]
fn text() {}

/// In parentheses.
#[mcp_tool(scope("news:read"))]
fn parentheses() {}

/// Nested lists.
#[mcp_tool(any_scope = [["a", ["b"]]])]
fn deep() {}

fn main() {
    let _ = (call, list, one, any, none, no_alternative, twice, off, bare, text, parentheses, deep);
}
