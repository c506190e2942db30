//! A resource path that the server itself uses: an error at the start, never a panic.

use rmcp::transport::streamable_http_server::{
    StreamableHttpService, session::local::LocalSessionManager,
};
use support::{
    rmcp_handler::RmcpHandler,
    tool_server::{self, Runs},
    unsigned_tokens,
};
use toolgate::{Config, access, gate::HandlerGate};

const ORIGIN: &str = "http://127.0.0.1:8000";

/// Paths that every server serves apart from its endpoint.
const OF_ANY_SERVER: [&str; 8] = [
    "/docs",
    "/docs.md",
    "/docs.json",
    "/healthz",
    "/readyz",
    "/.well-known/oauth-protected-resource",
    "/.well-known/oauth-authorization-server",
    "/.well-known/openid-configuration",
];

/// Paths of the development issuer.
const OF_THE_ISSUER: [&str; 7] = [
    "/development/authorize",
    "/development/authorize/decision",
    "/development/introspect",
    "/development/jwks",
    "/development/register",
    "/development/revoke",
    "/development/token",
];

/// Returns why a server and a gate with this configuration do not start, or `None` if they do.
async fn faults(config: &Config) -> [Option<String>; 2] {
    let server = tool_server::unverified_server(&Runs::default());
    let server = server.into_router(config.clone());
    let gate = HandlerGate::builder("ledger")
        .tool("read", access!(scope = "ledger:read"))
        .build_unseen(config.clone());
    let gate = gate.map(|gate| {
        let service = StreamableHttpService::new(
            gate.guard_each(|| Ok(RmcpHandler::default())),
            LocalSessionManager::default().into(),
            gate.transport(),
        );
        gate.router(service)
    });
    [server, gate].map(|made| made.err().map(|error| error.to_string()))
}

#[tokio::test]
async fn a_resource_at_a_path_of_the_servers_own_is_an_error_that_says_what_to_do() {
    for path in OF_ANY_SERVER.into_iter().chain(OF_THE_ISSUER) {
        for end in ["", "/"] {
            let resource = format!("{ORIGIN}{path}{end}");
            for fault in faults(&Config::new(&*resource)).await {
                let fault = fault.unwrap_or_else(|| panic!("{resource} is served"));
                assert!(fault.contains(&format!("{resource:?}")), "{fault}");
                // A trailing slash is an error by itself, at any path.
                let remedies: &[_] = match end {
                    "" => &["choose another path"],
                    _ => &["choose another path", "; write http://127.0.0.1:8000/"],
                };
                assert!(remedies.iter().any(|one| fault.contains(one)), "{fault}");
            }
        }
    }
}

#[tokio::test]
async fn a_path_of_the_issuer_is_free_where_there_is_none() {
    for path in OF_THE_ISSUER {
        let config = Config::new(format!("{ORIGIN}{path}")).with_issuer(unsigned_tokens::ISSUER);
        assert_eq!(faults(&config).await, [None, None], "{path}");
    }
}

#[tokio::test]
async fn the_paths_beside_those_of_the_issuer_are_free() {
    for path in ["", "/development", "/development/mcp", "/token"] {
        let config = Config::new(format!("{ORIGIN}{path}"));
        assert_eq!(faults(&config).await, [None, None], "{path}");
    }
}
