//! Attacks by requests and connections rather than by tokens.

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

/// A desk with a public tool, what it ran, and the way to it.
async fn desk() -> (Running, Runs) {
    let runs = Runs::default();
    let running = Running::start(desk::server(&runs), |config| config.with_issuer(ISSUER)).await;
    (running, runs)
}

/// The same with an open handshake, so that a request without a token goes further.
async fn open_desk() -> (Running, Runs) {
    let runs = Runs::default();
    let server = desk::server(&runs).open_handshake();
    let running = Running::start(server, |config| config.with_issuer(ISSUER)).await;
    (running, runs)
}

/// A client of it with these scopes, in an open session where there are sessions.
async fn client(running: &Running, revision: Revision, scopes: &str) -> Client {
    let token = tokens::token(&tokens::claims(&running.resource(), scopes));
    let mut client = Client::new(running.resource(), revision).with_token(token);
    client.open().await;
    client
}
