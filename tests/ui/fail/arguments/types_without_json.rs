// errors: 3
use toolgate::{mcp_tool, Args};

struct Feed;

#[derive(serde::Deserialize)]
struct Half {
    _a: u8,
}

/// Not deserializable.
#[mcp_tool(public)]
fn feed(feed: Feed) {
    let _ = feed;
}

/// Deserializable, without a schema.
#[mcp_tool(public)]
fn half(
    /// Half of it.
    half: Vec<Half>,
) {
    let _ = half;
}

/// A struct of all arguments.
#[mcp_tool(public)]
async fn all(Args(all): Args<Feed>) {
    let _ = all;
}

fn server<S>(_: S, _: impl FnOnce(&mut toolgate::ToolSet<S>)) {}

fn main() {
    server((), toolgate::tools![feed, half, all]);
}
