// errors: 1
use toolgate::mcp_tool;

/// Lists.
#[mcp_tool(read_only)]
fn list() {}

fn main() {
    list();
}
