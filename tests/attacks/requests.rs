//! Attacks that use requests and connections rather than tokens.

mod ambiguous_json;
mod disconnects;
mod event_replay;
mod framing;
mod http2;
mod logs;
mod panics;
mod paths_and_methods;
mod raw_connection;
mod resource_paths;
mod sessions;

use support::{
    client::{Client, Revision},
    running_server::RunningServer,
    tool_server::{self, Runs},
    unsigned_tokens::{self, ISSUER},
};

/// Starts a tool server with a public tool.
async fn start_tool_server() -> (RunningServer, Runs) {
    let runs = Runs::default();
    let running = RunningServer::start(tool_server::server(&runs), |config| {
        config.with_issuer(ISSUER)
    })
    .await;
    (running, runs)
}

/// Starts the same with an open handshake, so that requests without a token get further.
async fn start_with_open_handshake() -> (RunningServer, Runs) {
    let runs = Runs::default();
    let server = tool_server::server(&runs).with_open_handshake();
    let running = RunningServer::start(server, |config| config.with_issuer(ISSUER)).await;
    (running, runs)
}

/// Returns a client with these scopes, in an open session if the revision has sessions.
async fn client(running: &RunningServer, revision: Revision, scopes: &str) -> Client {
    let token = unsigned_tokens::token(&unsigned_tokens::claims(&running.resource(), scopes));
    let mut client = Client::new(running.resource(), revision).with_token(token);
    client.open().await;
    client
}
