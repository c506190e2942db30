//! The protected tool as operators run it: with limits, metrics and an audit log.

use std::net;

use tokio::net::TcpListener;
use toolgate::{Config, Environment, Server, mcp_tool, tools};

use super::{forecast_for, never, protected, resource, say_where};
use crate::Fault;

mod limited {
    use super::{forecast_for, mcp_tool};

    /// Returns tomorrow's weather.
    #[mcp_tool(
        scope = "weather:read",
        read_only,
        rate = "1000000/s",
        burst = 1000000,
        concurrency = 1000,
        timeout = "30s"
    )]
    pub(super) async fn forecast(
        /// The city, in English.
        city: String,
    ) -> String {
        forecast_for(&city)
    }
}

/// Serves with the settings that `words` lists: `limits`, `metrics`, `audit`. The process that
/// starts the server removes the file of the log.
pub(super) async fn serve(
    listener: TcpListener,
    issuer: &str,
    words: &str,
    log: &str,
) -> Result<(), Fault> {
    let address = listener.local_addr()?;
    let has = |word| words.split(',').any(|one| one == word);
    let mut variables = vec![("TOOLGATE_RESOURCE", resource(address))];
    if has("limits") {
        variables.push(("TOOLGATE_CALLER_RATE", "1000000/s".to_owned()));
    }
    if has("metrics") {
        let free = net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        variables.push(("TOOLGATE_METRICS_BIND", free.to_string()));
    }
    if has("audit") {
        let key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
        variables.push(("TOOLGATE_AUDIT_KEY", key.to_owned()));
        variables.push(("TOOLGATE_AUDIT_FILE", log.to_owned()));
    }
    let environment = Environment::from_iter(variables);
    let config = Config::from_environment(&environment, address.port())?.with_issuer(issuer);
    let server = match has("limits") {
        true => Server::new("weather").tools(tools![limited::forecast]),
        false => protected::server(),
    };
    say_where(address)?;
    Ok(server.serve_on(listener, config, never()).await?)
}
