// errors: 6
use std::borrow::Cow;
use toolgate::mcp_tool;

/// Borrows.
#[mcp_tool(public)]
fn text(text: &str) {
    let _ = text;
}

/// Can borrow.
#[mcp_tool(public)]
fn cow(text: Cow<'_, str>) {
    let _ = text;
}

/// Borrows many.
#[mcp_tool(public)]
async fn many(texts: Vec<&'static str>) {
    let _ = texts;
}

/// `impl Trait` as a parameter.
#[mcp_tool(public)]
fn some(a: impl ToString) -> String {
    a.to_string()
}

struct Desk(String);

#[toolgate::mcp_tools]
impl Desk {
    /// Lends.
    #[mcp_tool(public)]
    fn lend(&self) -> &str {
        &self.0
    }
}

/// `impl Trait` as a result.
#[mcp_tool(public)]
fn back() -> impl ToString {
    7
}

fn main() {
    let _ = (text, cow, many, back, Desk::lend);
    let _ = some(7);
}
