// errors: 3
use toolgate::{auth::AuthorizeError, mcp_tool, mcp_tools, Caller};

struct Desk;

#[mcp_tools]
impl Desk {
    /// The function takes the value.
    #[mcp_tool(authenticated, authorize = Self::check)]
    fn show(&self) {}

    fn check(&self, _: &Caller) -> Result<(), AuthorizeError> {
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
