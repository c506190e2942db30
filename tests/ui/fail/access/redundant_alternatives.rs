// errors: 4
use toolgate::{access, mcp_tool};

const READ: &str = "read";

/// The second alternative includes the first.
#[mcp_tool(any_scope = ["a", ["a", "b"]])]
fn wider() {}

/// One alternative is listed twice.
#[mcp_tool(any_scope = [READ, READ])]
fn twice() {}

/// The order of the scopes does not matter.
#[mcp_tool(any_scope = [["b", "a"], "c", ["a", "b"]])]
fn ordered() {}

fn main() {
    let _ = (wider, twice, ordered);
    // The same for the item of a handler.
    let _ = access!(any_scope = [["a", "b"], "a"]);
}
