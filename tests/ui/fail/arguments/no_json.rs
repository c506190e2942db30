// errors: 3
use toolgate::{Args, mcp_tool};

struct Feed;

#[derive(serde::Deserialize)]
struct Half {
    _a: u8,
}

/// Not readable.
#[mcp_tool(public)]
fn feed(feed: Feed) {
    let _ = feed;
}

/// Readable, not describable.
#[mcp_tool(public)]
fn half(
    /// Half of it.
    half: Vec<Half>,
) {
    let _ = half;
}

/// All of them.
#[mcp_tool(public)]
async fn all(Args(all): Args<Feed>) {
    let _ = all;
}

fn server<S>(_: S, _: impl FnOnce(&mut toolgate::ToolSet<S>)) {}

fn main() {
    server((), toolgate::tools![feed, half, all]);
}
