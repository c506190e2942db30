//! Each round of a call is authorized: as a request of its own, or in a session before the server
//! runs the call again.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use support::{
    client::{Client, HttpResponse},
    running_server::RunningServer,
};
use tokio::task::JoinSet;
use toolgate::{
    Config, Reply, Round, Server, State, ToolError, interaction::Elicited, mcp_tool, tools,
};

use super::{Library, USES, configured, is_owner, server};
use crate::multi_round::sessions::{begin_call, reply, session_at, yes};

#[derive(Deserialize, JsonSchema)]
struct Sure {
    /// Whether to go ahead.
    sure: bool,
}

/// Shreds a document after a question.
#[mcp_tool(
    scope = "documents:use", authorize = is_owner, authorize_scopes = ["documents:admin"]
)]
fn shred(
    document: String,
    #[extract] round: Round<()>,
    State(library): State<Library>,
) -> Result<Reply<String>, ToolError> {
    match round.elicited::<Sure>("confirm")? {
        None => {
            let question = format!("Shred {document}?");
            Ok(round.ask(&()).form::<Sure>("confirm", question).into())
        }
        Some(Elicited::Accepted(Sure { sure: true })) => {
            library.runs.note("shred");
            Ok(Reply::Done(document))
        }
        Some(_) => Ok(Reply::Done("kept".to_owned())),
    }
}

async fn start(library: &Library) -> RunningServer {
    start_configured(library, configured).await
}

async fn start_configured(
    library: &Library,
    configure: impl FnOnce(Config) -> Config,
) -> RunningServer {
    library.give("plan", "alice");
    let server: Server<Library> = server(library).tools(tools![shred]);
    RunningServer::start(server, configure).await
}

async fn session(running: &RunningServer) -> Client {
    session_at(running.resource(), "documents:use").await
}

async fn begin(client: &Client) -> (Value, reqwest::Response) {
    let params = json!({"name": "shred", "arguments": {"document": "plan"}});
    begin_call(client, params, "Shred plan?").await
}

#[tokio::test]
async fn a_session_is_asked_and_each_round_is_authorized() {
    let library = Library::default();
    let running = start(&library).await;
    let alice = session(&running).await;
    let (id, stream) = begin(&alice).await;
    assert_eq!(library.asked(), 1);
    reply(&alice, id, yes()).await;
    let answer = HttpResponse::of_response(stream).await;
    assert_eq!(answer.tool_text(), "plan", "{answer:?}");
    assert_eq!(library.asked(), 2);
    assert_eq!(library.runs.all(), ["shred"]);
}

#[tokio::test]
async fn an_owner_that_gave_the_document_away_meanwhile_shreds_nothing() {
    let library = Library::default();
    let running = start(&library).await;
    let alice = session(&running).await;
    let (id, stream) = begin(&alice).await;
    library.give("plan", "bob");
    reply(&alice, id, yes()).await;
    let answer = HttpResponse::of_response(stream).await;
    assert_eq!(answer.json()["error"]["code"], -32600, "{answer:?}");
    assert_eq!(library.runs.all(), [""; 0]);
}

#[tokio::test]
async fn a_round_counts_as_a_pending_decision_of_its_caller() {
    let library = Library::default();
    let running = start_configured(&library, |config| {
        configured(config).with_authorize_timeout(Duration::from_secs(60))
    })
    .await;
    let alice = session(&running).await;
    let (id, stream) = begin(&alice).await;
    let before = library.asked();
    let mut waiting = JoinSet::new();
    for _ in 0..16 {
        let alice = alice.clone();
        waiting.spawn(async move { USES[0].of(&alice, "slow").await });
    }
    while library.asked() < before + 16 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    reply(&alice, id, yes()).await;
    let answer = HttpResponse::of_response(stream).await;
    let error = &answer.json()["error"];
    assert_eq!(error["code"], -32603, "{answer:?}");
    let told = error["message"].to_string();
    assert!(told.contains("try again later"), "{told}");
    assert_eq!(library.runs.all(), [""; 0]);
}
