//! The embedded development issuer over sockets: where it exists, and which requests it serves.

mod audience;
mod clashes;
mod consent;
mod dpop;
mod existence;
mod metadata;
mod mounted;
mod strangers;
mod token_exchange;

use support::{
    client::{Answer, Client, Revision},
    desk::{self, Runs},
    server::Running,
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

/// Starts a desk that issues its own tokens.
async fn desk() -> (Running, Runs) {
    let runs = Runs::default();
    let running = Running::start(desk::unverified_server(&runs), |config| config).await;
    (running, runs)
}

/// Fetches a URL.
async fn get(url: &str) -> Answer {
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
        let answer = Answer::of(request.body("{}")).await;
        assert_eq!(answer.status, 404, "{path} {answer:?}");
    }
}
