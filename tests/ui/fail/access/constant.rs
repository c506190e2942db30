// errors: 3
use toolgate::mcp_tool;

const BAD: &str = "news read";
const LIST: &[&str] = &["a"];
const NUMBER: u8 = 7;

/// Checked when the constant is known.
#[mcp_tool(scope = BAD)]
fn spelled() {}

/// Not followed.
#[mcp_tool(scopes = LIST)]
fn list() {}

/// No text.
#[mcp_tool(scope = NUMBER)]
fn number() {}

fn main() {
    let _ = (spelled, list, number, LIST);
}
