//! Calls in several rounds: the tool's own state returns through the client.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use support::{
    TestClock,
    client::{Client, HttpResponse, Revision},
    running_server::RunningServer,
    tool_server::Runs,
    unsigned_tokens::{self, ISSUER, UnsignedVerifier},
};
use toolgate::{
    Caller, Config, Reply, Round, Server, State, ToolError, auth::AuthorizeError,
    interaction::Elicited, mcp_tool, tools,
};

/// What a person is asked.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Confirmation {
    /// Whether to go ahead.
    pub(crate) sure: bool,
}

/// What the tool says to itself.
#[derive(Serialize, Deserialize)]
struct Counted {
    entries: u32,
}

mod capabilities;
mod conditions;
mod prompts_and_resources;
pub(crate) mod sessions;

type Answered = Result<Reply<String>, ToolError>;

fn go_on(tool: &'static str, list: &str, round: &Round<Counted>, runs: &Runs) -> Answered {
    Ok(match round.elicited::<Confirmation>("confirm")? {
        None => {
            let message = format!("Delete {list}?");
            let asked = round.ask(&Counted { entries: 3 });
            asked.form::<Confirmation>("confirm", message).into()
        }
        Some(Elicited::Accepted(Confirmation { sure: true })) => {
            runs.note(tool);
            let entries = round.state().map_or(0, |counted| counted.entries);
            Reply::Done(format!("deleted {entries} of {list}"))
        }
        Some(_) => Reply::Done("nothing was deleted".to_owned()),
    })
}

/// Deletes a list.
#[mcp_tool(scope = "list:write", destructive)]
fn delete(
    /// Its name.
    list: String,
    #[extract] round: Round<Counted>,
    State(runs): State<Runs>,
) -> Answered {
    go_on("delete", &list, &round, &runs)
}

/// Does the same by another name.
#[mcp_tool(scope = "list:write", destructive)]
fn purge(
    /// Its name.
    list: String,
    #[extract] round: Round<Counted>,
    State(runs): State<Runs>,
) -> Answered {
    go_on("purge", &list, &round, &runs)
}

/// Gives its person a second.
#[mcp_tool(scope = "list:write")]
fn hurry(
    /// The list's name.
    list: String,
    #[extract] round: Round<()>,
    State(runs): State<Runs>,
) -> Reply<String> {
    match round.state() {
        None => {
            let asked = round.ask(&()).good_for(Duration::from_secs(1));
            let message = format!("Delete {list}?");
            asked.form::<Confirmation>("confirm", message).into()
        }
        Some(()) => Reply::Done(runs.note("hurry")),
    }
}

fn not_locked(_: &Caller, list: &str, _: &State<Runs>) -> Result<(), AuthorizeError> {
    match list {
        "locked" => Err(AuthorizeError::needs_scopes(["list:admin"])),
        _ => Ok(()),
    }
}

/// Deletes a list that may be locked.
#[mcp_tool(scope = "list:write", authorize = not_locked, authorize_scopes = ["list:admin"])]
fn unlock(
    /// Its name.
    list: String,
    #[extract] round: Round<Counted>,
    State(runs): State<Runs>,
) -> Answered {
    go_on("unlock", &list, &round, &runs)
}

/// Asks nobody, whoever calls.
#[mcp_tool(public)]
fn plain(State(runs): State<Runs>) -> String {
    runs.note("plain")
}

/// Asks whoever calls.
#[mcp_tool(public)]
fn survey(#[extract] round: Round<Counted>, State(runs): State<Runs>) -> Answered {
    go_on("survey", "all", &round, &runs)
}

fn server(runs: &Runs, clock: &TestClock) -> Server<Runs> {
    Server::with_state("lists", runs.clone())
        .tools(tools![
            delete,
            purge,
            hurry,
            unlock,
            plain,
            survey,
            conditions::wipe
        ])
        .with_clock(clock.clone())
        .with_verifier(UnsignedVerifier)
        .without_banner()
}

struct Fixture {
    running: RunningServer,
    runs: Runs,
    clock: TestClock,
}

impl Fixture {
    async fn start() -> Self {
        Self::with(|config| config).await
    }

    async fn with(configure: impl FnOnce(Config) -> Config) -> Self {
        let (runs, clock) = (Runs::default(), TestClock::default());
        let server = server(&runs, &clock);
        let running =
            RunningServer::start(server, |config| configure(config.with_issuer(ISSUER))).await;
        Self {
            running,
            runs,
            clock,
        }
    }

    fn client_of(&self, subject: &str, scopes: &str) -> Client {
        let mut claims = unsigned_tokens::claims(&self.running.resource(), scopes);
        claims["sub"] = subject.into();
        Client::new(self.running.resource(), Revision::Stateless)
            .with_token(unsigned_tokens::token(&claims))
    }

    fn alice(&self) -> Client {
        self.client_of("alice", "list:write")
    }
}

/// Calls a tool as a client that can ask its user.
async fn call(client: &Client, params: Value) -> HttpResponse {
    let mut message = client.message("tools/call", params);
    message["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] =
        json!({"elicitation": {}});
    client.send(&message).await
}

fn first(tool: &str, list: &str) -> Value {
    json!({"name": tool, "arguments": {"list": list}})
}

/// Returns the state that the tool sent with its question.
async fn asked(client: &Client, params: &Value) -> String {
    let answer = call(client, params.clone()).await;
    let result = answer.json()["result"].clone();
    assert_eq!(result["resultType"], "input_required", "{answer:?}");
    let state = result["requestState"].as_str().expect("a state");
    assert!(!state.contains("entries"), "{state}");
    state.to_owned()
}

fn yes(mut params: Value, state: &str) -> Value {
    params["requestState"] = state.into();
    params["inputResponses"] = json!({"confirm": {"action": "accept", "content": {"sure": true}}});
    params
}

/// Asserts a refusal that says what to do and runs nothing.
fn refused(answer: &HttpResponse, why: &str, runs: &Runs) {
    let error = &answer.json()["error"];
    assert_eq!(error["code"], -32602, "{why}: {answer:?}");
    let message = error["message"].as_str().expect("a message");
    assert!(message.contains("call again without"), "{why}: {message}");
    assert_eq!(runs.all(), [""; 0], "{why}");
}

#[tokio::test]
async fn a_tool_asks_and_continues_with_the_answer() {
    let fixture = Fixture::start().await;
    let alice = fixture.alice();
    let params = first("delete", "old");
    let answer = call(&alice, params.clone()).await;
    let form = &answer.json()["result"]["inputRequests"]["confirm"];
    assert_eq!(form["method"], "elicitation/create");
    assert_eq!(form["params"]["message"], "Delete old?");
    let field = &form["params"]["requestedSchema"]["properties"]["sure"];
    assert_eq!(field["type"], "boolean");
    assert_eq!(field["description"], "Whether to go ahead.");

    let state = asked(&alice, &params).await;
    let answer = call(&alice, yes(params.clone(), &state)).await;
    assert_eq!(answer.tool_text(), "deleted 3 of old");
    let mut no = yes(params, &state);
    no["inputResponses"]["confirm"] = json!({"action": "decline"});
    assert_eq!(call(&alice, no).await.tool_text(), "nothing was deleted");
    assert_eq!(fixture.runs.all(), ["delete"]);
}

#[tokio::test]
async fn a_state_of_another_call_or_caller_runs_nothing() {
    let fixture = Fixture::start().await;
    let alice = fixture.alice();
    let params = first("delete", "old");
    let state = asked(&alice, &params).await;
    for (why, params) in [
        ("another tool", first("purge", "old")),
        ("other arguments", first("delete", "new")),
        ("a tool that asks nobody", json!({"name": "plain"})),
    ] {
        refused(&call(&alice, yes(params, &state)).await, why, &fixture.runs);
    }
    let mallory = fixture.client_of("mallory", "list:write");
    let stolen = call(&mallory, yes(params.clone(), &state)).await;
    refused(&stolen, "another principal", &fixture.runs);

    let mut altered = state.clone().into_bytes();
    let middle = altered.len() / 2;
    altered[middle] = if altered[middle] == b'A' { b'B' } else { b'A' };
    let altered = String::from_utf8(altered).expect("base64url is ASCII");
    for state in [&altered, "", "made up", &state[1..], &format!("{state}A")] {
        let answer = call(&alice, yes(params.clone(), state)).await;
        refused(&answer, state, &fixture.runs);
    }
    let mut unasked = yes(params.clone(), &state);
    unasked
        .as_object_mut()
        .expect("parameters")
        .remove("requestState");
    refused(
        &call(&alice, unasked).await,
        "an answer alone",
        &fixture.runs,
    );

    // The order of arguments does not matter, and the correct call still runs.
    assert_eq!(call(&alice, yes(params, &state)).await.status, 200);
    assert_eq!(fixture.runs.all(), ["delete"]);
}

#[tokio::test]
async fn an_anonymous_state_is_invalid_for_a_caller_and_vice_versa() {
    let fixture = Fixture::start().await;
    let anonymous = Client::new(fixture.running.resource(), Revision::Stateless);
    let params = json!({"name": "survey"});
    let state = asked(&anonymous, &params).await;
    let answer = call(&fixture.alice(), yes(params.clone(), &state)).await;
    refused(&answer, "with a token", &fixture.runs);
    let state = asked(&fixture.alice(), &params).await;
    let answer = call(&anonymous, yes(params.clone(), &state)).await;
    refused(&answer, "without one", &fixture.runs);
    let state = asked(&anonymous, &params).await;
    let answer = call(&anonymous, yes(params, &state)).await;
    assert_eq!(answer.tool_text(), "deleted 3 of all");
}

#[tokio::test]
async fn a_state_expires_after_ten_minutes() {
    let fixture = Fixture::start().await;
    let (alice, params) = (fixture.alice(), first("delete", "old"));
    let state = asked(&alice, &params).await;
    fixture.clock.advance(Duration::from_secs(601));
    let answer = call(&alice, yes(params.clone(), &state)).await;
    refused(&answer, "expired", &fixture.runs);
    let message = answer.json()["error"]["message"].clone();
    assert!(message.to_string().contains("expired"), "{message}");
    let state = asked(&alice, &params).await;
    fixture.clock.advance(Duration::from_secs(590));
    assert_eq!(
        call(&alice, yes(params, &state)).await.tool_text(),
        "deleted 3 of old"
    );
}

#[tokio::test]
async fn the_next_round_is_authorized_like_any_call() {
    let fixture = Fixture::start().await;
    let params = first("delete", "old");
    let state = asked(&fixture.alice(), &params).await;
    let next = yes(params, &state);
    let less = call(&fixture.client_of("alice", "list:read"), next.clone()).await;
    assert_eq!(less.status, 403, "{less:?}");
    let none = call(&fixture.alice().without_token(), next.clone()).await;
    assert_eq!(none.status, 401, "{none:?}");
    // A state for an open list does not open a locked one, and does not skip its question.
    let locked = first("unlock", "locked");
    let state = asked(&fixture.alice(), &first("unlock", "open")).await;
    let answer = call(&fixture.alice(), yes(locked, &state)).await;
    assert_eq!(answer.status, 403, "{answer:?}");
    assert_eq!(fixture.runs.all(), [""; 0]);
    // Another token of the same user works.
    let more = fixture.client_of("alice", "list:write list:admin");
    assert_eq!(call(&more, next).await.tool_text(), "deleted 3 of old");
}

#[tokio::test]
async fn replicas_accept_each_others_states_only_with_a_shared_key() {
    let resource = "https://lists.example/mcp";
    let replica = |key: Option<[u8; 32]>| async move {
        let (runs, clock) = (Runs::default(), TestClock::default());
        RunningServer::start_as(server(&runs, &clock), |address| {
            let config = Config::new(resource).with_bind(address).with_issuer(ISSUER);
            match key {
                Some(key) => config.with_state_key(key),
                None => config,
            }
        })
        .await
    };
    let token = unsigned_tokens::token(&unsigned_tokens::claims(resource, "list:write"));
    let ask = |running: &RunningServer, params: Value| {
        let client = Client::new(running.resource(), Revision::Stateless).with_token(&token);
        let mut message = client.message("tools/call", params);
        message["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] =
            json!({"elicitation": {}});
        let request = client.post(&message).header("host", "lists.example");
        HttpResponse::of(request.body(message.to_string()))
    };
    let key = |first: u8| {
        let mut key = [7; 32];
        key[0] = first;
        Some(key)
    };
    let (one, two) = (replica(key(1)).await, replica(key(1)).await);
    let (alone, other) = (replica(None).await, replica(key(2)).await);
    let params = first("delete", "old");
    let answer = ask(&one, params.clone()).await;
    let state = answer.json()["result"]["requestState"].clone();
    let next = yes(params, state.as_str().expect("a state"));
    assert_eq!(
        ask(&two, next.clone()).await.tool_text(),
        "deleted 3 of old"
    );
    for unauthenticated in [&alone, &other] {
        let answer = ask(unauthenticated, next.clone()).await;
        assert_eq!(answer.json()["error"]["code"], -32602, "{answer:?}");
    }
}
