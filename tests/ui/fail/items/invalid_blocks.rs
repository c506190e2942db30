// errors: 5
use toolgate::{mcp_prompt, mcp_tool, mcp_tools};

struct Twice;

#[mcp_tools]
#[mcp_tools(tools = more)]
impl Twice {
    /// Shows.
    #[mcp_tool(public)]
    fn show(&self) {}
}

struct Named;

#[mcp_tools]
impl Named {
    /// The registering function has this name.
    #[mcp_tool(public)]
    fn tools(&self) {}
}

struct Families;

#[mcp_tools(tools = all, prompts = all)]
impl Families {
    /// Shows.
    #[mcp_tool(public)]
    fn show(&self) {}

    /// Asks.
    #[mcp_prompt(public)]
    fn ask(&self) -> String {
        String::new()
    }
}

struct Conditional;

#[mcp_tools]
impl Conditional {
    /// Shows.
    #[cfg_attr(all(), mcp_tool(public))]
    fn show() {}
}

macro_rules! method {
    ($($method:tt)*) => { $($method)* };
}

struct Made;

#[mcp_tools]
impl Made {
    method! {
        /// Shows.
        #[mcp_tool(public)]
        fn show() {}
    }

    /// Adds.
    #[mcp_tool(public)]
    fn add() {}
}

fn main() {}
