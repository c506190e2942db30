//! The protected tool as one of several replicas, with or without a shared store.

use std::time::Duration;

use tokio::{net::TcpListener, time::sleep};
use toolgate::{Config, Environment, Server, mcp_tool, tools};

use super::{forecast_for, never, protected, say_where};
use crate::Fault;

const STATE_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

mod slow {
    use super::{Duration, forecast_for, mcp_tool, sleep};

    /// Returns tomorrow's weather after 20 ms.
    #[mcp_tool(scope = "weather:read", read_only)]
    pub(super) async fn forecast(
        /// The city, in English.
        city: String,
    ) -> String {
        sleep(Duration::from_millis(20)).await;
        forecast_for(&city)
    }
}

/// Serves one replica. `resource` is the public URL, or `own` for the URL of this process. `store`
/// is the URL of a Redis, or `none`; with the prefix `slow `, the tool takes 20 ms.
pub(super) async fn serve(
    listener: TcpListener,
    issuer: &str,
    resource: &str,
    store: &str,
) -> Result<(), Fault> {
    let address = listener.local_addr()?;
    let (is_slow, store) = match store.strip_prefix("slow ") {
        Some(store) => (true, store),
        None => (false, store),
    };
    let resource = match resource {
        "own" => super::resource(address),
        shared => shared.to_owned(),
    };
    let mut variables = vec![
        ("TOOLGATE_RESOURCE", resource),
        ("TOOLGATE_STATE_KEY", STATE_KEY.to_owned()),
    ];
    if store != "none" {
        variables.push(("TOOLGATE_STORE_URL", store.to_owned()));
    }
    let environment = Environment::from_iter(variables);
    let config = Config::from_environment(&environment, address.port())?.with_issuer(issuer);
    let server = match is_slow {
        true => Server::new("weather").tools(tools![slow::forecast]),
        false => protected::server(),
    };
    say_where(address)?;
    Ok(server.serve_on(listener, config, never()).await?)
}
