//! The tool with Toolgate's attribute, protected and public.

use tokio::net::TcpListener;
use toolgate::{Server, mcp_tool, tools};

use super::{forecast_for, with_toolgate};
use crate::Fault;

/// Tells tomorrow's weather.
#[mcp_tool(scope = "weather:read", read_only)]
async fn forecast(
    /// The city, in English.
    city: String,
) -> String {
    forecast_for(&city)
}

mod open {
    use super::{forecast_for, mcp_tool};

    /// Tells tomorrow's weather.
    #[mcp_tool(public, read_only)]
    pub(super) async fn forecast(
        /// The city, in English.
        city: String,
    ) -> String {
        forecast_for(&city)
    }
}

pub(super) fn server() -> Server<()> {
    Server::new("weather").tools(tools![forecast])
}

pub(super) async fn serve(listener: TcpListener, issuer: &str) -> Result<(), Fault> {
    with_toolgate(listener, issuer, server()).await
}

pub(super) async fn serve_sessionless(listener: TcpListener, issuer: &str) -> Result<(), Fault> {
    with_toolgate(listener, issuer, server().without_sessions()).await
}

pub(super) async fn serve_open(listener: TcpListener, issuer: &str) -> Result<(), Fault> {
    let server = Server::new("weather").tools(tools![open::forecast]);
    with_toolgate(listener, issuer, server).await
}
