// errors: 10
//! All errors of an item in one compilation, without errors that only follow from them.
use toolgate::{mcp_tool, Caller, State};

#[mcp_tool(scop = "news read", name = "a b", read_only, destructive)]
async fn everything<T>(
    #[arg(minimum = 1)] ticker: String,
    (a, b): (u8, u8),
    text: &str,
    State(state): State<u8>,
) -> impl ToString {
    let _ = (ticker, a, b, text, state);
    7
}

/// Who.
#[mcp_tool(public)]
fn who(caller: Caller) -> bool {
    caller.has("a")
}

fn server<S>(_: S, _: impl FnOnce(&mut toolgate::ToolSet<S>)) {}

#[tokio::main]
async fn main() {
    server(1_u8, toolgate::tools![everything, who]);
    let _ = everything::<u8>(String::new(), (1, 2), "", State(1)).await.to_string();
}
