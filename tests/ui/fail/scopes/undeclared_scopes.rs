// errors: 4
use toolgate::{auth::AuthorizeError, mcp_tool, mcp_tools, scopes, tools, Caller, ToolSet};

scopes! {
    /// What a token can allow.
    mod scope {
        /// Read.
        READ = "read",
        /// Write.
        WRITE = "write",
    }
}

/// A scope that is not declared.
#[mcp_tool(any_scope = [scope::READ, "delete"])]
fn text() {}

/// A scope that is declared.
#[mcp_tool(scope = "write")]
fn right() {}

/// Misspelled.
#[mcp_tool(scope = scope::RAED)]
fn misspelled() {}

fn check(_: &Caller) -> Result<(), AuthorizeError> {
    Ok(())
}

/// Demands a scope that is not declared.
#[mcp_tool(scope = scope::WRITE, authorize = check, authorize_scopes = ["admin"])]
fn demanding() {}

struct Desk;

#[mcp_tools(declared_scopes = scope::ALL)]
impl Desk {
    /// A scope that is not declared.
    #[mcp_tool(scope = "delete")]
    fn method() {}

    /// A scope that is declared.
    #[mcp_tool(scope = "read")]
    fn fine() {}
}

fn server(_: impl FnOnce(&mut ToolSet<()>)) {}

fn main() {
    server(tools![in scope::ALL; text, right, demanding]);
    server(Desk::tools);
    misspelled();
}
