//! rmcp's own client, asked by a tool, and its person's answer.

use rmcp::{
    ClientHandler, ClientLifecycleMode, ClientServiceExt, ErrorData, RoleClient,
    model::{
        CallToolRequestParams, ClientConfig, ElicitRequestParams, ElicitResult, ElicitationAction,
        ProtocolVersion,
    },
    service::RequestContext,
    transport::{
        StreamableHttpClientTransport, streamable_http_client::StreamableHttpClientTransportConfig,
    },
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use support::{
    server::Running,
    tokens::{self, ISSUER, Unsigned},
};
use toolgate::{Elicited, Reply, Round, Server, ToolError, mcp_tool, tools};

#[derive(Deserialize, JsonSchema)]
struct Name {
    /// The person's name.
    name: String,
}

/// Asks twice, and greets.
#[mcp_tool(scope = "desk:read")]
fn greet(#[extract] round: Round<Vec<String>>) -> Result<Reply<String>, ToolError> {
    let mut told = round.state().cloned().unwrap_or_default();
    if let Some(Elicited::Accepted(Name { name })) = round.elicited("name")? {
        told.push(name);
    }
    Ok(match told.as_slice() {
        [first, last] => Reply::Done(format!("Hello, {first} {last}!")),
        known => {
            let message = format!("Name number {}?", known.len() + 1);
            round.ask(&told).form::<Name>("name", message).into()
        }
    })
}

/// A client that asks its person.
struct Asking;

impl ClientHandler for Asking {
    fn get_info(&self) -> ClientConfig {
        let mut config = ClientConfig::default();
        config.capabilities.elicitation = Some(Default::default());
        config
    }

    async fn create_elicitation(
        &self,
        request: ElicitRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        let ElicitRequestParams::FormElicitationParams { message, .. } = request else {
            return Err(ErrorData::invalid_params("a form was expected", None));
        };
        let name = match message.as_str() {
            "Name number 1?" => "Ada",
            _ => "Lovelace",
        };
        let accepted = ElicitResult::new(ElicitationAction::Accept);
        Ok(accepted.with_content(json!({"name": name})))
    }
}

#[tokio::test]
async fn a_client_asks_its_person_as_often_as_a_tool_wants() {
    let server = Server::new("desk").tools(tools![greet]).verifier(Unsigned);
    let running = Running::start(server.quiet(), |config| config.with_issuer(ISSUER)).await;
    let token = tokens::token(&tokens::claims(&running.resource(), "desk:read"));
    let config = StreamableHttpClientTransportConfig::with_uri(running.resource());
    let transport = StreamableHttpClientTransport::from_config(config.auth_header(token));
    let lifecycle = ClientLifecycleMode::Discover {
        preferred_versions: vec![ProtocolVersion::V_2026_07_28],
    };
    let client = Asking.serve_with_lifecycle(transport, lifecycle).await;
    let client = client.expect("it may connect");
    let result = client.call_tool(CallToolRequestParams::new("greet")).await;
    let result = serde_json::to_value(result.expect("a result")).expect("JSON");
    assert_eq!(result["content"][0]["text"], "Hello, Ada Lovelace!");
}
