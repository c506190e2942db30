//! Step-up: one scope at login, and two that clients request when a call needs them.

use toolgate::{Caller, Changes, ToolSet, mcp_tool, tools};

toolgate::scopes! {
    /// What a token for this server can allow.
    pub(crate) mod scope {
        /// Use everything that the conformance suite calls
        USE = "everything:use",
        /// Write something down
        WRITE = "everything:write",
        /// Delete what was written down
        ERASE = "everything:erase",
    }
}

/// Returns the subject of the caller and its scopes.
#[mcp_tool(scope = scope::USE, read_only)]
async fn whoami(caller: Caller) -> String {
    let mut scopes: Vec<_> = caller.scopes().collect();
    scopes.sort_unstable();
    let subject = caller.subject().unwrap_or("nobody");
    format!("{subject} with {}", scopes.join(" "))
}

/// Pretends to write something down.
#[mcp_tool(scope = scope::WRITE, step_up, destructive = false)]
async fn write() -> &'static str {
    "written"
}

/// Pretends to delete everything.
#[mcp_tool(scope = scope::ERASE, step_up, destructive)]
async fn erase() -> &'static str {
    "erased"
}

pub(crate) fn tools(set: &mut ToolSet<Changes>) {
    tools![in scope::ALL; whoami, write, erase](set);
}
