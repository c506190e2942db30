//! A resource with updates, and the tool that publishes one.

use tokio::net::TcpListener;
use toolgate::{Changes, Config, Server, State, mcp_resource, mcp_tool, resources, tools};

use super::{never, resource, say_where};
use crate::Fault;

/// The resource with updates.
pub(crate) const FEED: &str = "feed://weather";

/// The latest weather.
#[mcp_resource(uri = "feed://weather", scope = "weather:read")]
fn feed() -> &'static str {
    "sunny"
}

/// Publishes an update of the feed.
#[mcp_tool(scope = "weather:read")]
fn publish(State(changes): State<Changes>) -> &'static str {
    changes.resource_updated(FEED);
    "published"
}

pub(super) async fn serve(listener: TcpListener, issuer: &str) -> Result<(), Fault> {
    let address = listener.local_addr()?;
    let changes = Changes::new();
    let server = Server::with_state("weather", changes.clone())
        .tools(tools![publish])
        .resources(resources![feed])
        .with_changes(&changes);
    let config = Config::new(resource(address)).with_issuer(issuer);
    say_where(address)?;
    Ok(server.serve_on(listener, config, never()).await?)
}
