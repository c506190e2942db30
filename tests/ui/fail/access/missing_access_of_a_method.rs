// errors: 1
use toolgate::{mcp_tool, mcp_tools};

struct Desk;

#[mcp_tools]
impl Desk {
    /// Lists.
    #[mcp_tool]
    fn list(&self) {}
}

fn main() {
    Desk.list();
}
