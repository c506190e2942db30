// errors: 4
use toolgate::{mcp_tool, Json};

struct Feed;

#[derive(serde::Serialize)]
struct Half {
    a: u8,
}

#[derive(Debug)]
struct Plain;

/// Not a result.
#[mcp_tool(public)]
fn feed() -> Feed {
    Feed
}

/// A result without a schema.
#[mcp_tool(public)]
fn half() -> Json<Half> {
    Json(Half { a: 1 })
}

/// Not an error.
#[mcp_tool(public)]
async fn error() -> Result<String, Plain> {
    Err(Plain)
}

/// A `Result` without a result.
#[mcp_tool(public)]
fn nested() -> Result<Feed, String> {
    Ok(Feed)
}

fn server<S>(_: S, _: impl FnOnce(&mut toolgate::ToolSet<S>)) {}

fn main() {
    server((), toolgate::tools![feed, half, error, nested]);
}
