// errors: 23
//! Roles, `acr` and `max_age` that would deny everybody, or nobody.
use toolgate::{access, mcp_prompt, mcp_resource, mcp_tool, mcp_tools};

/// Without a token there is no role.
#[mcp_tool(public, role = "editor")]
fn public() {}

/// The access stays required.
#[mcp_tool(role = "editor")]
fn role_alone() {}

/// Twice.
#[mcp_tool(authenticated, role = "a", any_role = ["b"])]
fn twice() {}

/// A list instead of one role.
#[mcp_tool(authenticated, role = ["a", "b"])]
fn list() {}

/// One role instead of a list.
#[mcp_tool(authenticated, roles = "a")]
fn one() {}

/// Nothing.
#[mcp_tool(authenticated, role = "")]
fn empty() {}

/// Empty lists.
#[mcp_tool(authenticated, roles = [], acr = [])]
fn nothing() {}

/// An alternative that nobody has.
#[mcp_tool(authenticated, any_role = ["a", []])]
fn nobody() {}

/// One alternative is enough.
#[mcp_tool(authenticated, any_role = ["a", ["a", "b"]])]
fn never_needed() {}

/// Repeated in a list.
#[mcp_tool(authenticated, roles = ["a", "a"], acr = ["x", "x"])]
fn repeated() {}

/// No constant.
#[mcp_tool(authenticated, role = format!("a"), acr = 1)]
fn call() {}

/// Several in one text.
#[mcp_resource(uri = "notes://all", authenticated, acr = "a b")]
fn resource() -> String {
    String::new()
}

/// A login is always older.
#[mcp_prompt(authenticated, max_age = 0)]
fn zero() -> String {
    String::new()
}

/// No number of seconds.
#[mcp_prompt(authenticated, max_age = "5m")]
fn text() -> String {
    String::new()
}

/// Without values.
#[mcp_prompt(authenticated, role, acr, max_age)]
fn bare() -> String {
    String::new()
}

struct Desk;

#[mcp_tools]
impl Desk {
    /// In a block.
    #[mcp_tool(authenticated, acr = "ä")]
    fn show(&self) {}
}

fn main() {
    let _ = access!(public, max_age = 1);
    let _ = access!(refused, role = "a");
    let _ = (public, role_alone, twice, list, one, empty, nothing, nobody, never_needed, repeated);
    let _ = (call, resource, zero, text, bare);
}
