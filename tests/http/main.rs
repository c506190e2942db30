//! The HTTP responses of a server, request by request, as the contract defines them.

mod accept;
mod adoption;
mod authorize;
mod bodies;
mod browser;
mod challenge;
mod handshake;
mod health;
mod logging;
mod metadata;
mod origin;
mod prompts;
mod protocol;
mod refusals;
mod resources;
mod rounds;
mod schemes;
mod scopes;
mod sessionless;
mod sessions;
mod shutdown;
mod subscriptions;

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

/// Starts the same with an open handshake.
async fn open_desk() -> (Running, Runs) {
    let runs = Runs::default();
    let server = desk::server(&runs).with_open_handshake();
    let running = Running::start(server, |config| config.with_issuer(ISSUER)).await;
    (running, runs)
}

/// Starts a desk without public items.
async fn closed_desk() -> (Running, Runs) {
    let runs = Runs::default();
    let server = desk::closed_server(&runs);
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
