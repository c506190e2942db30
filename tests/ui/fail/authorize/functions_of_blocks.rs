// errors: 5
use toolgate::{auth::AuthorizeError, mcp_tool, mcp_tools, Caller};

struct Desk;

#[mcp_tools]
impl Desk {
    /// The function takes a value, and the tool does not.
    #[mcp_tool(authenticated, authorize = Self::check)]
    fn show() {}

    /// The method keeps the value.
    #[mcp_tool(authenticated, authorize = Self::keeps)]
    fn keep(&self) {}

    /// The method does not take the argument.
    #[mcp_tool(authenticated, authorize = Self::check)]
    fn open(&self, path: String) {
        drop(path);
    }

    fn check(&self, _: &Caller) -> Result<(), AuthorizeError> {
        Ok(())
    }

    fn keeps(self, _: &Caller) -> Result<(), AuthorizeError> {
        Ok(())
    }
}

fn perhaps(_: Option<&Caller>, _: &String) -> Result<(), AuthorizeError> {
    Ok(())
}

/// There always is a caller.
#[mcp_tool(scope = "a", authorize = perhaps)]
fn certain(path: String) {
    drop(path);
}

/// A function has no `Self`.
#[mcp_tool(scope = "a", authorize = Self::check)]
fn alone() {}

fn main() {
    let _ = (certain, alone);
}
