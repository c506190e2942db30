//! Scopes that grow: one at the login, and two that are asked for when they are needed.

use toolgate::{Caller, Changes, ToolSet, mcp_tool, tools};

toolgate::scopes! {
    /// What a token for this server can allow.
    pub(crate) mod scope {
        /// Use all that the conformance suite calls
        USE = "everything:use",
        /// Write something down
        WRITE = "everything:write",
        /// Delete what was written down
        ERASE = "everything:erase",
    }
}

/// Tells who is calling, and with which scopes.
#[mcp_tool(scope = scope::USE, read_only)]
async fn whoami(caller: Caller) -> String {
    let mut scopes: Vec<_> = caller.scopes().collect();
    scopes.sort_unstable();
    let subject = caller.subject().unwrap_or("nobody");
    format!("{subject} with {}", scopes.join(" "))
}

/// Says that it wrote something down.
#[mcp_tool(scope = scope::WRITE, step_up, destructive = false)]
async fn write() -> &'static str {
    "written"
}

/// Says that it threw everything away.
#[mcp_tool(scope = scope::ERASE, step_up, destructive)]
async fn erase() -> &'static str {
    "erased"
}

pub(crate) fn tools(set: &mut ToolSet<Changes>) {
    tools![in scope::ALL; whoami, write, erase](set);
}
