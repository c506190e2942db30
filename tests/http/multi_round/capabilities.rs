//! A client is asked only for what it declares, and a refusal names the missing capabilities.

use serde_json::{Value, json};
use support::{
    client::{Client, HttpResponse, Revision},
    running_server::RunningServer,
    unsigned_tokens::{self, ISSUER, UnsignedVerifier},
};
use toolgate::{
    Context, Reply, Round, Server, State, ToolError,
    interaction::{ClientCapability, Sample},
    mcp_prompt, mcp_resource, mcp_tool, prompts, resources, tools,
};

use super::{Confirmation, Runs};

/// Is of no use to a client whose model cannot be asked.
#[mcp_tool(scope = "list:write", client_capabilities = ["sampling"])]
fn summarize(State(runs): State<Runs>) -> String {
    runs.note("summarize")
}

/// The same, said by the tool itself.
#[mcp_tool(scope = "list:write")]
fn summarize_later(context: Context, State(runs): State<Runs>) -> Result<String, ToolError> {
    let known = [ClientCapability::Sampling, ClientCapability::Roots].map(|one| context.can(one));
    context.require(ClientCapability::Sampling)?;
    Ok(format!("{}, {known:?}", runs.note("summarize_later")))
}

/// Asks for everything.
#[mcp_tool(scope = "list:write")]
fn everything(#[extract] round: Round<()>) -> Reply<String> {
    let asked = round.ask(&()).form::<Confirmation>("sure", "Sure?");
    asked
        .sample("text", Sample::new("Well?", 10))
        .roots("folders")
        .into()
}

/// Asks for what it can.
#[mcp_tool(scope = "list:write")]
fn anything(#[extract] round: Round<()>) -> Reply<String> {
    match round.can(ClientCapability::Roots) {
        true => round.ask(&()).roots("folders").into(),
        false => Reply::Done("no folders".to_owned()),
    }
}

/// Is for clients that can be asked.
#[mcp_prompt(scope = "list:write", client_capabilities = ["elicitation"])]
fn plan(State(runs): State<Runs>) -> String {
    runs.note("plan")
}

/// Asks which folders there are.
#[mcp_resource(uri = "lists://here", scope = "list:write")]
fn here(#[extract] round: Round<()>) -> Reply<String> {
    round.ask(&()).roots("folders").into()
}

/// Is for clients that can be asked.
#[mcp_resource(uri = "lists://there", scope = "list:write", client_capabilities = ["roots"])]
fn there(State(runs): State<Runs>) -> String {
    runs.note("there")
}

async fn start() -> (RunningServer, Runs) {
    let runs = Runs::default();
    let server = Server::with_state("lists", runs.clone())
        .tools(tools![summarize, summarize_later, everything, anything])
        .prompts(prompts![plan])
        .resources(resources![here, there])
        .with_verifier(UnsignedVerifier)
        .without_banner();
    let running = RunningServer::start(server, |config| config.with_issuer(ISSUER)).await;
    (running, runs)
}

fn client(running: &RunningServer, scopes: &str) -> Client {
    let token = unsigned_tokens::token(&unsigned_tokens::claims(&running.resource(), scopes));
    Client::new(running.resource(), Revision::Stateless).with_token(token)
}

async fn ask(client: &Client, method: &str, params: Value, declared: Value) -> HttpResponse {
    let mut message = client.message(method, params);
    message["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = declared;
    client.send(&message).await
}

#[tokio::test]
async fn a_missing_capability_is_reported_as_the_revision_requires_and_nothing_runs() {
    let (running, runs) = start().await;
    let alice = client(&running, "list:write");
    let call = |name| ("tools/call", json!({"name": name}));
    let get = |name| ("prompts/get", json!({"name": name}));
    let read = |uri| ("resources/read", json!({"uri": uri}));
    let all = json!({"elicitation": {"form": {}}, "sampling": {}, "roots": {}});
    for ((method, params), declared, missing) in [
        (call("summarize"), json!({}), json!({"sampling": {}})),
        (call("summarize_later"), json!({}), json!({"sampling": {}})),
        (
            call("summarize"),
            json!({"roots": {}}),
            json!({"sampling": {}}),
        ),
        (call("everything"), json!({}), all),
        (
            call("everything"),
            json!({"elicitation": {}, "roots": {}}),
            json!({"sampling": {}}),
        ),
        (get("plan"), json!({}), json!({"elicitation": {"form": {}}})),
        (read("lists://here"), json!({}), json!({"roots": {}})),
        (read("lists://there"), json!({}), json!({"roots": {}})),
    ] {
        let why = format!("{params} by {declared}");
        let answer = ask(&alice, method, params, declared).await;
        assert_eq!(answer.status, 400, "{why}: {answer:?}");
        let error = &answer.json()["error"];
        assert_eq!(error["code"], -32021, "{why}: {answer:?}");
        let required = &error["data"]["requiredCapabilities"];
        assert_eq!(*required, missing, "{why}");
        let message = error["message"].as_str().expect("a message");
        assert!(message.contains("capabilit"), "{message}");
    }
    assert_eq!(runs.all(), [""; 0]);
}

#[tokio::test]
async fn a_client_is_asked_only_for_declared_capabilities() {
    let (running, runs) = start().await;
    let alice = client(&running, "list:write");
    let call = |name: &str, declared| {
        let params = json!({"name": name});
        let alice = alice.clone();
        async move { ask(&alice, "tools/call", params, declared).await }
    };
    let declared = json!({"sampling": {}});
    let answer = call("summarize", declared.clone()).await;
    assert_eq!(answer.tool_text(), "summarize ran");
    let answer = call("summarize_later", declared.clone()).await;
    assert_eq!(answer.tool_text(), "summarize_later ran, [true, false]");
    assert_eq!(call("anything", declared).await.tool_text(), "no folders");
    let asked = call("anything", json!({"roots": {}})).await.json()["result"].clone();
    assert_eq!(asked["inputRequests"]["folders"]["method"], "roots/list");
    let all = json!({"elicitation": {}, "sampling": {}, "roots": {}});
    let asked = call("everything", all).await.json()["result"]["inputRequests"].clone();
    let methods: Vec<_> = ["sure", "text", "folders"]
        .map(|key| asked[key]["method"].clone())
        .into();
    assert_eq!(
        methods,
        ["elicitation/create", "sampling/createMessage", "roots/list"]
    );
    assert_eq!(runs.all(), ["summarize", "summarize_later"]);
}

#[tokio::test]
async fn an_unauthorized_caller_learns_of_no_capability() {
    let (running, runs) = start().await;
    let params = json!({"name": "summarize"});
    let less = client(&running, "list:read");
    let answer = ask(&less, "tools/call", params.clone(), json!({})).await;
    assert_eq!(answer.status, 403, "{answer:?}");
    let anonymous = less.without_token();
    let answer = ask(&anonymous, "tools/call", params, json!({})).await;
    assert_eq!(answer.status, 401, "{answer:?}");
    assert!(!answer.text.contains("capabilit"), "{answer:?}");
    assert_eq!(runs.all(), [""; 0]);
}

#[tokio::test]
async fn an_older_revision_reports_a_missing_capability_as_a_tool_error() {
    let (running, runs) = start().await;
    let token = unsigned_tokens::token(&unsigned_tokens::claims(&running.resource(), "list:write"));
    let old = Revision::Session("2025-11-25");
    let mut old = Client::new(running.resource(), old).with_token(token);
    old.open().await;
    for tool in ["summarize", "everything"] {
        let answer = old.call(tool, json!({})).await;
        assert!(answer.is_tool_error(), "{answer:?}");
        assert!(answer.tool_text().contains("`sampling`"), "{answer:?}");
    }
    assert_eq!(runs.all(), [""; 0]);
}
