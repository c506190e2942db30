// errors: 1
use toolgate::{mcp_tool, Caller};

/// There may be no caller.
#[mcp_tool(public)]
fn whoami(caller: Caller) -> String {
    caller.issuer().to_owned()
}

fn main() {
    let _ = whoami;
}
