// errors: 1
use toolgate::{mcp_tool, mcp_tools};

struct Desk;

#[mcp_tools]
impl Desk {
    /// Opens.
    #[mcp_tool(public)]
    fn open(&self) {}
}

// `tools = more_tools` is missing.
#[mcp_tools]
impl Desk {
    /// Closes.
    #[mcp_tool(public)]
    fn close(&self) {}
}

fn main() {}
