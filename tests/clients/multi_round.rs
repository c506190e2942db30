//! rmcp's own client, with requests from a tool and a prompt, in both lifecycles.
#![expect(
    deprecated,
    reason = "the protocol deprecates sampling and roots in 2026-07-28, and still has them"
)]

use rmcp::{
    ClientHandler, ClientLifecycleMode, ClientServiceExt, ErrorData, RoleClient,
    model::{
        CallToolRequestParams, ClientCapabilities, ClientConfig, CreateMessageRequestParams,
        CreateMessageResult, ElicitRequestParams, ElicitResult, ElicitationAction,
        GetPromptRequestParams, ListRootsResult, ProtocolVersion, Root, SamplingMessage,
    },
    service::{RequestContext, RunningService},
    transport::{
        StreamableHttpClientTransport, streamable_http_client::StreamableHttpClientTransportConfig,
    },
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use support::{
    running_server::RunningServer,
    unsigned_tokens::{self, ISSUER, UnsignedVerifier},
};
use toolgate::{
    Reply, Round, Server, ToolError,
    interaction::{Elicited, Sample},
    mcp_prompt, mcp_tool, prompts, tools,
};

#[derive(Deserialize, JsonSchema)]
struct Name {
    /// The person's name.
    name: String,
}

/// Asks twice, and greets.
#[mcp_tool(scope = "desk:read")]
fn greet(#[extract] round: Round<Vec<String>>) -> Result<Reply<String>, ToolError> {
    let mut output = round.state().cloned().unwrap_or_default();
    if let Some(Elicited::Accepted(Name { name })) = round.elicited("name")? {
        output.push(name);
    }
    Ok(match output.as_slice() {
        [first, last] => Reply::Done(format!("Hello, {first} {last}!")),
        known => {
            let message = format!("Name number {}?", known.len() + 1);
            round.ask(&output).form::<Name>("name", message).into()
        }
    })
}

/// Asks the model, and for folders, at once.
#[mcp_tool(scope = "desk:read")]
fn survey(#[extract] round: Round<()>) -> Result<Reply<String>, ToolError> {
    Ok(match (round.sampled("capital")?, round.roots("folders")?) {
        (Some(answer), Some(roots)) => {
            let roots: Vec<_> = roots.into_iter().map(|root| root.uri).collect();
            let (text, model) = (answer.text(), answer.model().to_owned());
            Reply::Done(format!("{text} says {model} at {}", roots.join(" ")))
        }
        _ => {
            let sample = Sample::new("What is the capital of France?", 100);
            round
                .ask(&())
                .sample("capital", sample)
                .roots("folders")
                .into()
        }
    })
}

/// Asks before it is there.
#[mcp_prompt(scope = "desk:read")]
fn welcome(#[extract] round: Round<()>) -> Result<Reply<String>, ToolError> {
    Ok(match round.elicited("name")? {
        Some(Elicited::Accepted(Name { name })) => Reply::Done(format!("Welcome {name}.")),
        _ => round.ask(&()).form::<Name>("name", "Name number 1?").into(),
    })
}

/// Asks for ever.
#[mcp_tool(scope = "desk:read")]
fn insist(#[extract] round: Round<()>) -> Reply<String> {
    round.ask(&()).form::<Name>("name", "Name number 1?").into()
}

/// A client that answers every request.
struct Asking;

impl ClientHandler for Asking {
    fn get_info(&self) -> ClientConfig {
        let mut config = ClientConfig::default();
        config.capabilities = ClientCapabilities::builder()
            .enable_elicitation()
            .enable_sampling()
            .enable_roots()
            .build();
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

    async fn create_message(
        &self,
        request: CreateMessageRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<CreateMessageResult, ErrorData> {
        assert_eq!(request.max_tokens, 100);
        let answer = SamplingMessage::assistant_text("Paris");
        Ok(CreateMessageResult::new(answer, "a model".to_owned()))
    }

    async fn list_roots(
        &self,
        _: RequestContext<RoleClient>,
    ) -> Result<ListRootsResult, ErrorData> {
        Ok(ListRootsResult::new(vec![Root::new("file:///work")]))
    }
}

async fn connect(
    running: &RunningServer,
    lifecycle: ClientLifecycleMode,
) -> RunningService<RoleClient, Asking> {
    let token = unsigned_tokens::token(&unsigned_tokens::claims(&running.resource(), "desk:read"));
    let config = StreamableHttpClientTransportConfig::with_uri(running.resource());
    let transport = StreamableHttpClientTransport::from_config(config.auth_header(token));
    let client = Asking.serve_with_lifecycle(transport, lifecycle).await;
    client.expect("it may connect")
}

#[tokio::test]
async fn a_client_answers_every_round_in_both_lifecycles() {
    let server = Server::new("desk")
        .tools(tools![greet, survey, insist])
        .prompts(prompts![welcome])
        .with_verifier(UnsignedVerifier);
    let running =
        RunningServer::start(server.without_banner(), |config| config.with_issuer(ISSUER)).await;
    for lifecycle in [
        ClientLifecycleMode::Discover {
            preferred_versions: vec![ProtocolVersion::V_2026_07_28],
        },
        ClientLifecycleMode::Initialize,
    ] {
        let life = format!("{lifecycle:?}");
        let client = connect(&running, lifecycle).await;
        for (tool, output) in [
            ("greet", "Hello, Ada Lovelace!"),
            ("survey", "Paris says a model at file:///work"),
        ] {
            let result = client.call_tool(CallToolRequestParams::new(tool)).await;
            let result = serde_json::to_value(result.expect("a result")).expect("JSON");
            assert_eq!(result["content"][0]["text"], output, "{life}");
        }
        let result = client
            .get_prompt(GetPromptRequestParams::new("welcome"))
            .await;
        let result = serde_json::to_value(result.expect("a result")).expect("JSON");
        assert_eq!(
            result["messages"][0]["content"]["text"], "Welcome Ada.",
            "{life}"
        );
        // A tool that never stops asking is ended.
        let result = client.call_tool(CallToolRequestParams::new("insist")).await;
        assert!(result.is_err(), "{life}: {result:?}");
    }
}
