//! Greets people who have signed in.
use toolgate::{Config, Error, Server, mcp_tool, tools};

/// Greets someone by name.
#[mcp_tool(scope = "greetings:read", read_only)]
fn greet(name: String) -> String {
    format!("Hello, {name}!")
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let server = Server::new("hello").tools(tools![greet]);
    server.serve(Config::from_env()?).await
}
