//! The tool with rmcp's own attribute, without authentication.

use std::sync::Arc;

use axum::Router;
use rmcp::{
    ServerHandler,
    handler::server::{router::tool::ToolRouter, wrapper::Parameters},
    tool, tool_handler, tool_router,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
    },
};
use schemars::JsonSchema;
use serde::Deserialize;

use super::forecast_for;

/// The tool's handler. The router is built once: by default `#[tool_handler]` builds one for
/// each request, which takes longer.
#[derive(Clone)]
pub(super) struct Weather {
    router: Arc<ToolRouter<Self>>,
}

/// The arguments.
#[derive(Deserialize, JsonSchema)]
struct Place {
    /// The city, in English.
    city: String,
}

#[tool_router]
impl Weather {
    fn new() -> Self {
        Self {
            router: Arc::new(Self::tool_router()),
        }
    }

    /// Tells tomorrow's weather.
    #[tool]
    async fn forecast(&self, Parameters(place): Parameters<Place>) -> String {
        forecast_for(&place.city)
    }
}

#[tool_handler(router = self.router)]
impl ServerHandler for Weather {}

/// `/mcp` responds to single requests with JSON, `/session` has sessions.
pub(super) fn router() -> Router {
    let stateless = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true);
    Router::new()
        .route_service("/mcp", service(stateless))
        .route_service("/session", service(StreamableHttpServerConfig::default()))
}

pub(super) fn service(
    config: StreamableHttpServerConfig,
) -> StreamableHttpService<Weather, LocalSessionManager> {
    let weather = Weather::new();
    StreamableHttpService::new(
        move || Ok(weather.clone()),
        LocalSessionManager::default().into(),
        config,
    )
}
