// errors: 4
use toolgate::mcp_tool;

/// Another crate's `Json`.
mod axum {
    pub struct Json<T>(pub T);
    pub struct State<T>(pub T);
}

/// A list.
#[mcp_tool(public)]
fn list() -> Vec<String> {
    Vec::new()
}

/// A result of another crate.
#[mcp_tool(public)]
fn json() -> axum::Json<u8> {
    axum::Json(1)
}

/// An extractor of another crate.
#[mcp_tool(public)]
fn state(axum::State(number): axum::State<u8>) {
    let _ = number;
}

/// A future that cannot change its thread.
#[mcp_tool(public)]
async fn local() {
    let counted = std::rc::Rc::new(1);
    std::future::ready(()).await;
    drop(counted);
}

fn server(_: impl FnOnce(&mut toolgate::ToolSet<u8>)) {}

fn main() {
    server(toolgate::tools![list, json, state, local]);
}
