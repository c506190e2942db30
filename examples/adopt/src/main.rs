//! A server with rmcp's own `#[tool]`, behind a gate. README.md shows what changed.
//!
//! Run `cargo run -p adopt`. Then `curl -i http://127.0.0.1:8000/mcp -d '{}'` answers 401
//! and says where a client can log in.

mod counter;

use counter::Counter;
use rmcp::transport::streamable_http_server::StreamableHttpService;
use toolgate::{
    Config, Error, access,
    gate::{HandlerGate, HandlerGateBuilder},
    scopes,
};

scopes! {
    /// What a token for this server allows.
    mod scope {
        /// See the count
        READ = "counter:read",
        /// Add to the count
        WRITE = "counter:write",
    }
}

/// Declares who may use what.
fn gate() -> HandlerGateBuilder {
    HandlerGate::builder("counter")
        .declared_scopes(scope::ALL)
        .tool("get", access!(scope = "counter:read"))
        .tool("add", access!(scope = "counter:write", step_up))
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    toolgate::logging::init()?;
    let counter = Counter::default();
    let gate = gate().build(Config::from_env()?, counter.clone()).await?;
    let service = StreamableHttpService::new(
        gate.guard_each(move || Ok(counter.clone())),
        gate.sessions(),
        gate.transport(),
    );
    gate.serve(service).await
}

#[cfg(test)]
mod access_tests;
