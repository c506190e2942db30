// errors: 4
use toolgate::{mcp_tool, resources, tools, ResourceSet, ToolSet};

/// Adds.
#[mcp_tool(public)]
fn add() {}

fn server(_: impl FnOnce(&mut ToolSet<()>)) {}
fn reader(_: impl FnOnce(&mut ResourceSet<()>)) {}

fn main() {
    server(tools![add, "add"]);
    server(tools![add()]);
    // A tool is not a resource.
    reader(resources![add]);
    // `tools!` is missing.
    server(add);
}
