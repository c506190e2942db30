//! Prompts and resources ask as tools do, and none accepts another's state.

use serde_json::{Value, json};
use support::{
    client::{Client, HttpResponse, Revision},
    running_server::RunningServer,
    unsigned_tokens::{self, ISSUER, UnsignedVerifier},
};
use toolgate::{
    Reply, Round, Server, State, ToolError, interaction::Elicited, mcp_prompt, mcp_resource,
    mcp_tool, prompts, resources, tools,
};

use super::{Answered, Confirmation, Counted, Runs, go_on};

/// Deletes a list.
#[mcp_tool(scope = "list:write")]
fn delete(
    /// Its name.
    list: String,
    #[extract] round: Round<Counted>,
    State(runs): State<Runs>,
) -> Answered {
    go_on("tool", &list, &round, &runs)
}

/// Is a prompt of the same name, the same arguments and the same state.
#[mcp_prompt(scope = "list:write", name = "delete")]
fn delete_prompt(
    /// The list's name.
    #[arg(complete = lists)]
    list: String,
    #[extract] round: Round<Counted>,
    State(runs): State<Runs>,
) -> Answered {
    go_on("prompt", &list, &round, &runs)
}

fn lists(_: &str) -> Vec<&'static str> {
    vec!["old"]
}

/// Asks as well.
#[mcp_prompt(scope = "list:write")]
fn purge(
    /// The list's name.
    list: String,
    #[extract] round: Round<Counted>,
    State(runs): State<Runs>,
) -> Answered {
    go_on("purge", &list, &round, &runs)
}

/// Asks nobody.
#[mcp_prompt(scope = "list:write")]
fn plain(State(runs): State<Runs>) -> String {
    runs.note("plain")
}

/// Is read by who is sure.
#[mcp_resource(uri = "lists://{list}", scope = "list:write")]
fn secret(
    list: String,
    #[extract] round: Round<Counted>,
    State(runs): State<Runs>,
) -> Result<Reply<String>, ToolError> {
    Ok(match round.elicited::<Confirmation>("confirm")? {
        None => {
            let asked = round.ask(&Counted { entries: 3 });
            asked.form::<Confirmation>("confirm", "Read it?").into()
        }
        Some(Elicited::Accepted(Confirmation { sure: true })) => {
            Reply::Done(format!("{} of {list}", runs.note("resource")))
        }
        Some(_) => Reply::Done("nothing".to_owned()),
    })
}

struct Fixture {
    running: RunningServer,
    runs: Runs,
}

impl Fixture {
    async fn start() -> Self {
        let runs = Runs::default();
        let server = Server::with_state("lists", runs.clone())
            .tools(tools![delete])
            .prompts(prompts![delete_prompt, purge, plain])
            .resources(resources![secret])
            .with_verifier(UnsignedVerifier)
            .without_banner();
        let running = RunningServer::start(server, |config| config.with_issuer(ISSUER)).await;
        Self { running, runs }
    }

    fn client_of(&self, subject: &str, scopes: &str) -> Client {
        let mut claims = unsigned_tokens::claims(&self.running.resource(), scopes);
        claims["sub"] = subject.into();
        Client::new(self.running.resource(), Revision::Stateless)
            .with_token(unsigned_tokens::token(&claims))
    }
}

/// A request: its method and its target.
type Request = (&'static str, Value);

fn tool(list: &str) -> Request {
    (
        "tools/call",
        json!({"name": "delete", "arguments": {"list": list}}),
    )
}

fn prompt(name: &str, list: &str) -> Request {
    (
        "prompts/get",
        json!({"name": name, "arguments": {"list": list}}),
    )
}

fn resource(list: &str) -> Request {
    ("resources/read", json!({"uri": format!("lists://{list}")}))
}

async fn ask(client: &Client, (method, params): Request) -> HttpResponse {
    let mut message = client.message(method, params);
    message["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] =
        json!({"elicitation": {}});
    client.send(&message).await
}

async fn asked(client: &Client, request: Request) -> String {
    let result = ask(client, request).await.json()["result"].clone();
    assert_eq!(result["resultType"], "input_required", "{result}");
    let form = &result["inputRequests"]["confirm"];
    assert_eq!(form["method"], "elicitation/create", "{result}");
    result["requestState"].as_str().expect("a state").to_owned()
}

fn yes((method, mut params): Request, state: &str) -> Request {
    params["requestState"] = state.into();
    params["inputResponses"] = json!({"confirm": {"action": "accept", "content": {"sure": true}}});
    (method, params)
}

#[tokio::test]
async fn a_prompt_and_a_resource_ask_and_continue_with_the_answer() {
    let fixture = Fixture::start().await;
    let alice = fixture.client_of("alice", "list:write");
    let state = asked(&alice, prompt("delete", "old")).await;
    let answer = ask(&alice, yes(prompt("delete", "old"), &state)).await;
    let message = &answer.json()["result"]["messages"][0]["content"]["text"];
    assert_eq!(*message, "deleted 3 of old", "{answer:?}");
    let state = asked(&alice, resource("old")).await;
    let answer = ask(&alice, yes(resource("old"), &state)).await;
    let text = &answer.json()["result"]["contents"][0]["text"];
    assert_eq!(*text, "resource ran of old", "{answer:?}");
    assert_eq!(fixture.runs.all(), ["prompt", "resource"]);
}

#[tokio::test]
async fn a_state_is_valid_for_no_other_item_and_no_other_caller() {
    let fixture = Fixture::start().await;
    let alice = fixture.client_of("alice", "list:write");
    let all = || {
        [
            tool("old"),
            prompt("delete", "old"),
            prompt("purge", "old"),
            resource("old"),
        ]
    };
    let others = || {
        [
            tool("new"),
            prompt("delete", "new"),
            resource("new"),
            ("prompts/get", json!({"name": "plain"})),
        ]
    };
    for (from, request) in all().into_iter().enumerate() {
        let state = asked(&alice, request.clone()).await;
        let foreign = all().into_iter().enumerate();
        let foreign = foreign.filter(|(to, _)| *to != from).map(|(_, one)| one);
        for other in foreign.chain(others()) {
            let why = format!("{request:?} to {other:?}");
            refused(&ask(&alice, yes(other, &state)).await, &why, &fixture.runs);
        }
        let mallory = fixture.client_of("mallory", "list:write");
        let stolen = ask(&mallory, yes(request.clone(), &state)).await;
        refused(&stolen, "another principal", &fixture.runs);
        for altered in [&state[1..], &format!("{state}A"), "", "made up"] {
            let answer = ask(&alice, yes(request.clone(), altered)).await;
            refused(&answer, altered, &fixture.runs);
        }
        let (method, mut alone) = yes(request, &state);
        alone
            .as_object_mut()
            .expect("parameters")
            .remove("requestState");
        refused(&ask(&alice, (method, alone)).await, "alone", &fixture.runs);
    }
}

fn refused(answer: &HttpResponse, why: &str, runs: &Runs) {
    let error = &answer.json()["error"];
    assert_eq!(error["code"], -32602, "{why}: {answer:?}");
    let message = error["message"].as_str().expect("a message");
    assert!(message.contains("call again without"), "{why}: {message}");
    assert_eq!(runs.all(), [""; 0], "{why}");
}

#[tokio::test]
async fn the_next_round_of_a_prompt_and_a_resource_is_authorized_like_any_request() {
    let fixture = Fixture::start().await;
    let alice = fixture.client_of("alice", "list:write");
    for request in [prompt("delete", "old"), resource("old")] {
        let state = asked(&alice, request.clone()).await;
        let next = yes(request, &state);
        let less = ask(&fixture.client_of("alice", "list:read"), next.clone()).await;
        assert_eq!(less.status, 403, "{less:?}");
        let none = ask(&alice.clone().without_token(), next).await;
        assert_eq!(none.status, 401, "{none:?}");
    }
    assert_eq!(fixture.runs.all(), [""; 0]);
}

#[tokio::test]
async fn items_that_ask_support_completion() {
    let fixture = Fixture::start().await;
    let alice = fixture.client_of("alice", "list:write");
    let params = json!({
        "ref": {"type": "ref/prompt", "name": "delete"},
        "argument": {"name": "list", "value": "o"},
    });
    let answer = ask(&alice, ("completion/complete", params)).await;
    let values = &answer.json()["result"]["completion"]["values"];
    assert_eq!(*values, json!(["old"]), "{answer:?}");
}
