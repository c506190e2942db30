//! An application with two servers, a gate and a page of its own, for
//! `cargo xtask interop proxy`.
//!
//! Reads `INTEROP_BIND`, `INTEROP_ORIGIN` and the issuers in `INTEROP_ISSUERS`, one per server.

use std::{env, error::Error};

use axum::{Router, routing::get};
use rmcp::transport::streamable_http_server::StreamableHttpService;
use support::{
    rmcp_handler::RmcpHandler,
    tool_server::{self, Runs},
};
use toolgate::{Config, Mount, access, gate::HandlerGate};

/// Where the application nests a router.
const NESTED: &str = "/notes/nested";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let origin = env::var("INTEROP_ORIGIN")?;
    let issuers = env::var("INTEROP_ISSUERS")?;
    let issuers: Vec<_> = issuers.split(',').collect();
    let [desk, ledger, nested] = issuers[..] else {
        return Err("INTEROP_ISSUERS must name three issuers".into());
    };
    let config = |path: &str, issuer: &str| {
        Config::new(format!("{origin}{path}/mcp"))
            .with_path_prefix(path)
            .with_issuer(issuer)
    };
    let server = || tool_server::unverified_server(&Runs::default());
    let gate = HandlerGate::builder("ledger").tool("read", access!(scope = "ledger:read"));
    let gate = gate.build_unseen(config("/notes/ledger", ledger))?;
    let service = StreamableHttpService::new(
        gate.guard_each(|| Ok(RmcpHandler::default())),
        gate.sessions(),
        gate.transport(),
    );
    let merged = Mount::new()
        .server(server(), config("/notes/desk", desk))
        .handler_gate(&gate, service);
    let nested = Config::new(format!("{origin}{NESTED}/mcp"))
        .with_nested_path(NESTED)
        .with_issuer(nested);
    let app = Router::new()
        .route("/notes/healthz", get(async || "own health"))
        .merge(merged.into_router()?)
        .nest(NESTED, server().into_router(nested)?);
    let listener = tokio::net::TcpListener::bind(env::var("INTEROP_BIND")?).await?;
    Ok(axum::serve(listener, app).await?)
}
