// errors: 7
//! Keys that a later release may define. None of them protects anything today.
use toolgate::{mcp_prompt, mcp_resource, mcp_tool, mcp_tools};

/// Each of them.
#[mcp_tool(
    scope = "a",
    rate = "5/s",
    concurrency = 2,
    timeout = "3s",
    person
)]
fn tool() {}

/// Instead of the access, and in parentheses.
#[mcp_resource(uri = "notes://all", person("admin"))]
fn resource() -> String {
    String::new()
}

/// In addition to the access.
#[mcp_prompt(authenticated, timeout = "3s")]
fn prompt() -> String {
    String::new()
}

struct Desk;

#[mcp_tools(rate = "5/s")]
impl Desk {
    /// Lists.
    #[mcp_tool(public)]
    fn list(&self) {}
}

fn main() {
    let _ = (tool, resource, prompt, Desk::list);
}
