// errors: 4
//! Keys that a later release may define. None of them protects anything today.
use toolgate::{mcp_prompt, mcp_resource, mcp_tool, mcp_tools};

/// With a value.
#[mcp_tool(
    scope = "a",
    person = "5/s"
)]
fn tool() {}

/// Instead of the access, and in parentheses.
#[mcp_resource(uri = "notes://all", person("admin"))]
fn resource() -> String {
    String::new()
}

/// In addition to the access.
#[mcp_prompt(authenticated, person)]
fn prompt() -> String {
    String::new()
}

struct Desk;

#[mcp_tools(person = "5/s")]
impl Desk {
    /// Lists.
    #[mcp_tool(public)]
    fn list(&self) {}
}

fn main() {
    let _ = (tool, resource, prompt, Desk::list);
}
