// errors: 1
use toolgate::{Caller, mcp_tool};

/// There may be no caller.
#[mcp_tool(public)]
fn whoami(caller: Caller) -> String {
    caller.issuer().to_owned()
}

fn main() {
    let _ = whoami;
}
