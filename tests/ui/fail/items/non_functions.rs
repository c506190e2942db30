// errors: 9
use toolgate::{mcp_tool, mcp_tools};

/// As for another crate's attribute.
#[mcp_tool(name = "search", description = "Searches")]
struct Search;

/// A block.
#[mcp_tool(public)]
impl Search {}

/// A module.
#[mcp_tool(public)]
mod module {}

/// A function.
#[mcp_tools]
fn function() {}

/// No tool in it.
#[mcp_tools]
impl Search {
    fn nothing(&self) {}
}

/// The `impl` of a trait.
#[mcp_tools]
impl Default for Search {
    /// Makes.
    #[mcp_tool(public)]
    fn default() -> Self {
        Search
    }
}

struct Of<T>(T);

/// Generic.
#[mcp_tools]
impl<T> Of<T> {
    /// Shows.
    #[mcp_tool(public)]
    fn show(&self) {}
}

struct Mixed;

#[mcp_tools(tool = more)]
impl Mixed {
    /// Another crate's.
    #[rmcp::tool(description = "x")]
    fn other(&self) {}
}

fn main() {
    function();
    Search.nothing();
    Of(Search::default()).show();
    Mixed.other();
}
