// errors: 2
use toolgate::{mcp_tool, Caller};

/// Both attributes.
#[mcp_tool(authenticated)]
fn both(#[arg] #[extract] caller: Caller) {
    let _ = caller;
}

/// Forced to be an argument.
#[mcp_tool(authenticated)]
fn forced(#[arg] caller: Caller) {
    let _ = caller;
}

fn main() {
    let _ = (both, forced);
}
