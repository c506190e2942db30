// errors: 3
use toolgate::mcp_tool;

const BAD: &str = "news read";
const LIST: &[&str] = &["a"];
const NUMBER: u8 = 7;

/// Checked when the constant is evaluated.
#[mcp_tool(scope = BAD)]
fn spelled() {}

/// A constant list is not evaluated.
#[mcp_tool(scopes = LIST)]
fn list() {}

/// Not a string.
#[mcp_tool(scope = NUMBER)]
fn number() {}

fn main() {
    let _ = (spelled, list, number, LIST);
}
