// errors: 3
use toolgate::mcp_tool;

/// Limits of lists that apply to no list or allow none.
#[mcp_tool(public)]
fn limits(
    #[arg(min_items = 2, max_items = 1)] a: Vec<u8>,
    #[arg(min_items = 1)] b: String,
    #[arg(max_length = 1)] c: Vec<String>,
) {
    let _ = (a, b, c);
}

fn main() {
    let _ = limits;
}
