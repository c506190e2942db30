//! The embedded development issuer over sockets: where it exists, and which requests it serves.

mod audience;
mod clashes;
mod consent;
mod dpop;
mod existence;
mod machines;
mod metadata;
mod misconfigurations;
mod mounted;
mod step_up;
mod strangers;
mod token_exchange;

use support::{
    client::{Client, HttpResponse, Revision},
    running_server::RunningServer,
    tool_server::{self, Runs},
};

/// One path of each kind that the issuer serves.
const PATHS: [&str; 6] = [
    "/.well-known/oauth-authorization-server",
    "/.well-known/oauth-authorization-server/mcp",
    "/.well-known/openid-configuration",
    "/mcp/.well-known/openid-configuration",
    "/development/jwks",
    "/development/authorize",
];

/// Starts a tool server that issues its own tokens.
async fn start_tool_server() -> (RunningServer, Runs) {
    let runs = Runs::default();
    let running =
        RunningServer::start(tool_server::unverified_server(&runs), |config| config).await;
    (running, runs)
}

/// Fetches a URL.
async fn get(url: &str) -> HttpResponse {
    Client::new(url, Revision::Stateless).get(url).await
}

/// Asserts that no path of the issuer responds at an origin.
async fn assert_absent(origin: &str) {
    for path in PATHS {
        let answer = get(&format!("{origin}{path}")).await;
        assert_eq!(answer.status, 404, "{path} {answer:?}");
    }
    for path in ["/development/register", "/development/token"] {
        let request = reqwest::Client::new().post(format!("{origin}{path}"));
        let answer = HttpResponse::of(request.body("{}")).await;
        assert_eq!(answer.status, 404, "{path} {answer:?}");
    }
}
