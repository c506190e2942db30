//! Attacks that use requests and connections rather than tokens.

mod endings;
mod framing;
mod http2;
mod json;
mod logs;
mod panics;
mod places;
mod raw;
mod replay;
mod resources;
mod sessions;

use support::{
    client::{Client, Revision},
    desk::{self, Runs},
    server::Running,
    tokens::{self, ISSUER},
};

/// Starts a desk with a public tool.
async fn desk() -> (Running, Runs) {
    let runs = Runs::default();
    let running = Running::start(desk::server(&runs), |config| config.with_issuer(ISSUER)).await;
    (running, runs)
}

/// Starts the same with an open handshake, so that requests without a token get further.
async fn open_desk() -> (Running, Runs) {
    let runs = Runs::default();
    let server = desk::server(&runs).with_open_handshake();
    let running = Running::start(server, |config| config.with_issuer(ISSUER)).await;
    (running, runs)
}

/// Returns a client with these scopes, in an open session if the revision has sessions.
async fn client(running: &Running, revision: Revision, scopes: &str) -> Client {
    let token = tokens::token(&tokens::claims(&running.resource(), scopes));
    let mut client = Client::new(running.resource(), revision).with_token(token);
    client.open().await;
    client
}
