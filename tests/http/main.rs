//! The HTTP responses of a server, request by request, as the contract defines them.

mod accept_header;
mod answer_limits;
mod approval;
mod audit_records;
mod authorize_everywhere;
mod browser_redirects;
mod challenge;
mod confirmation;
mod decision_points;
mod denial_reasons;
mod documentation;
mod handler_gate;
mod handshake;
mod health;
mod kill_switches;
mod large_bodies;
mod late_denials;
mod limits;
mod log_messages;
mod metadata;
mod metrics;
mod mounting;
mod multi_round;
mod observation;
mod origin;
mod persons;
mod prompts;
mod protocol;
mod refusals;
mod request_ids;
mod resources;
mod revoked_runs;
mod roles;
mod scopes;
mod security_schemes;
mod sessions;
mod shutdown;
mod slow_calls;
mod step_up_authentication;
mod subscriptions;
mod token_verification;
mod tool_authorize;
mod traces;
mod unread_requests;
mod user_decisions;
mod without_sessions;

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

/// Starts the same with an open handshake.
async fn start_with_open_handshake() -> (RunningServer, Runs) {
    let runs = Runs::default();
    let server = tool_server::server(&runs).with_open_handshake();
    let running = RunningServer::start(server, |config| config.with_issuer(ISSUER)).await;
    (running, runs)
}

/// Starts a tool server without public items.
async fn start_protected_server() -> (RunningServer, Runs) {
    let runs = Runs::default();
    let server = tool_server::protected_server(&runs);
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
