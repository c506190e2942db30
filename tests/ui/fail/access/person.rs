// errors: 3
//! `person` is a flag, which only a token can satisfy.
use toolgate::{access, mcp_tool};

/// It has a value.
#[mcp_tool(scope = "a", person = true)]
fn valued() {}

/// Nobody needs a token.
#[mcp_tool(public, person)]
fn open() {}

fn main() {
    let _ = (valued, open);
    let _ = access!(public, person);
}
