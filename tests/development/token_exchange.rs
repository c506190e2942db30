//! One server calls another on a user's behalf, with its own exchanged token.

use std::sync::{Arc, OnceLock};

use serde_json::json;
use support::{
    client::{Client, Revision},
    desk::{self, Runs},
    server::Running,
};
use toolgate::{
    Caller, ClientAuthentication, Server, State, TokenExchange, ToolError, Upstream, mcp_tool,
    tools,
};

use crate::audience;

/// The downstream server and its token exchange. Both are known once both servers run.
#[derive(Clone, Default)]
struct Behind(Arc<OnceLock<(String, TokenExchange)>>);

/// Reads at the desk behind.
#[mcp_tool(scope = "front:read")]
async fn read(caller: Caller, State(behind): State<Behind>) -> Result<String, ToolError> {
    let Some((desk, exchange)) = behind.0.get() else {
        return Err(ToolError::new("not yet"));
    };
    let token = exchange.token(&caller).await?;
    let client = Client::new(desk, Revision::Stateless).with_token(token.as_str());
    Ok(client.call("whoami", json!({})).await.tool_text())
}

#[tokio::test]
async fn a_server_calls_another_with_a_token_that_was_exchanged() {
    let behind = Behind::default();
    let front = Server::with_state("front", behind.clone()).tools(tools![read]);
    let front = Running::start(front.without_banner(), |config| config).await;
    let runs = Runs::default();
    let desk = desk::unverified_server(&runs);
    let desk = Running::start(desk, |config| config.with_issuer(front.origin())).await;
    let client = ClientAuthentication::basic("front server", "any: secret");
    let upstream = Upstream::new(front.origin(), client)
        .with_resource(desk.resource())
        .with_scopes("desk:read desk:write");
    let exchange = TokenExchange::new(upstream).expect("good settings");
    assert!(behind.0.set((desk.resource(), exchange)).is_ok());

    let token = audience::token(&front).await;
    let person = Client::new(front.resource(), Revision::Stateless).with_token(&token);
    let said = person.call("read", json!({})).await;
    assert_eq!(said.tool_text(), "developer with desk:read desk:write");
    assert_eq!(runs.all(), ["whoami"]);
    // The downstream server refuses the user's own token.
    let passed_on = Client::new(desk.resource(), Revision::Stateless).with_token(&token);
    let answer = passed_on.call("whoami", json!({})).await;
    assert_eq!(answer.status, 401, "{answer:?}");
    assert_eq!(runs.all(), ["whoami"]);
}
