// errors: 3
#![deny(dead_code)]
use toolgate::{mcp_prompt, mcp_resource, mcp_tool, mcp_tools};

struct Desk;

#[mcp_tools(tools = admin_tools)]
impl Desk {
    /// Shows.
    #[mcp_tool(public)]
    fn show(&self) {}

    /// Reads.
    #[mcp_resource(uri = "desk://all", public)]
    fn read(&self) -> String {
        String::new()
    }

    /// Asks.
    #[mcp_prompt(public)]
    fn ask(&self) -> String {
        String::new()
    }
}

struct Listed;

#[mcp_tools]
impl Listed {
    /// Shows.
    #[mcp_tool(public)]
    fn show(&self) {}
}

fn server<S>(_: S, _: impl FnOnce(&mut toolgate::ToolSet<S>)) {}

fn main() {
    let _ = (Desk, Listed);
    server(std::sync::Arc::new(Listed), Listed::tools);
}
