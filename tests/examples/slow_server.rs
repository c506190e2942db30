//! A server with a slow tool, for `cargo xtask interop proxy`.

use std::{error::Error, time::Duration};

use tokio::time::sleep;
use toolgate::{Config, Environment, Server, mcp_tool, tools};

const PORT: u16 = 8000;

/// A longer call is answered by an event stream.
const STREAM_AFTER: Duration = Duration::from_secs(2);

/// Waits.
#[mcp_tool(public, read_only)]
async fn wait(seconds: u64) -> &'static str {
    sleep(Duration::from_secs(seconds)).await;
    "waited"
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let config = Config::from_environment(&Environment::load()?, PORT)?;
    let config = config.with_stream_after(STREAM_AFTER);
    Ok(Server::new("slow")
        .tools(tools![wait])
        .serve(config)
        .await?)
}
