//! One server calls another on a user's behalf, with its own exchanged token.

use std::sync::{Arc, OnceLock};

use serde_json::json;
use support::{
    client::{Client, Revision},
    running_server::RunningServer,
    tool_server::{self, Runs},
};
use toolgate::{
    Caller, Server, State, ToolError,
    auth::TokenExchange,
    issuer::{ClientAuthentication, Upstream},
    mcp_tool, tools,
};

use crate::audience;

/// The downstream server and its token exchange. Both are known once both servers run.
#[derive(Clone, Default)]
struct Behind(Arc<OnceLock<(String, TokenExchange)>>);

/// Reads at the tool server behind.
#[mcp_tool(scope = "front:read")]
async fn read(caller: Caller, State(behind): State<Behind>) -> Result<String, ToolError> {
    let Some((start_tool_server, exchange)) = behind.0.get() else {
        return Err(ToolError::new("not yet"));
    };
    let token = exchange.token(&caller).await?;
    let client = Client::new(start_tool_server, Revision::Stateless).with_token(token.as_str());
    Ok(client.call("whoami", json!({})).await.tool_text())
}

#[tokio::test]
async fn a_server_calls_another_with_a_token_that_was_exchanged() {
    let behind = Behind::default();
    let front = Server::with_state("front", behind.clone()).tools(tools![read]);
    let front = RunningServer::start(front.without_banner(), |config| config).await;
    let runs = Runs::default();
    let start_tool_server = tool_server::unverified_server(&runs);
    let start_tool_server = RunningServer::start(start_tool_server, |config| {
        config.with_issuer(front.origin())
    })
    .await;
    let client = ClientAuthentication::basic("front server", "any: secret");
    let upstream = Upstream::new(front.origin(), client)
        .with_resource(start_tool_server.resource())
        .with_scopes("desk:read desk:write");
    let exchange = TokenExchange::new(upstream).expect("good settings");
    assert!(
        behind
            .0
            .set((start_tool_server.resource(), exchange))
            .is_ok()
    );

    let token = audience::token(&front).await;
    let person = Client::new(front.resource(), Revision::Stateless).with_token(&token);
    let said = person.call("read", json!({})).await;
    assert_eq!(said.tool_text(), "developer with desk:read desk:write");
    assert_eq!(runs.all(), ["whoami"]);
    // The downstream server refuses the user's own token.
    let passed_on =
        Client::new(start_tool_server.resource(), Revision::Stateless).with_token(&token);
    let answer = passed_on.call("whoami", json!({})).await;
    assert_eq!(answer.status, 401, "{answer:?}");
    assert_eq!(runs.all(), ["whoami"]);
}
