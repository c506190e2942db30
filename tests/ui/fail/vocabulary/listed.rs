// errors: 3
use toolgate::{Caller, Denied, ToolSet, mcp_tool, mcp_tools, scopes, tools};

scopes! {
    /// What a token can allow.
    mod scope {
        /// Read.
        READ = "read",
        /// Write.
        WRITE = "write",
    }
}

/// Another word.
#[mcp_tool(any_scope = [scope::READ, "delete"])]
fn text() {}

/// A word that is there.
#[mcp_tool(scope = "write")]
fn right() {}

/// Misspelled.
#[mcp_tool(scope = scope::RAED)]
fn misspelled() {}

fn check(_: &Caller) -> Result<(), Denied> {
    Ok(())
}

/// Demanded, and not declared.
#[mcp_tool(scope = scope::WRITE, authorize = check, demands = ["admin"])]
fn demanding() {}

struct Desk;

#[mcp_tools(vocabulary = scope::ALL)]
impl Desk {
    /// Another word.
    #[mcp_tool(scope = "delete")]
    fn method() {}

    /// A word that is there.
    #[mcp_tool(scope = "read")]
    fn fine() {}
}

fn server(_: impl FnOnce(&mut ToolSet<()>)) {}

fn main() {
    server(tools![in scope::ALL; text, right, demanding]);
    server(Desk::tools);
    misspelled();
}
