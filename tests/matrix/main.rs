//! Every kind of requirement × every state of token × every revision × every operation.
//!
//! [`reference_model`] computes the expected results. It is naive on purpose and shares nothing
//! with the server: sets of strings, and the contract's sentences as `if`s.

mod authorizations;
mod conditions;
mod decision_points;
mod reference_model;

use std::collections::{BTreeMap, BTreeSet};

use reference_model::{Bearer, Expected, Operation, ServerKind};
use reqwest::Method;
use serde_json::json;
use support::{
    client::{Client, HttpResponse, Revision},
    resources_and_prompts,
    running_server::RunningServer,
    tool_server::{self, Runs},
    unsigned_tokens::{self, ISSUER},
};
use tokio::task::JoinSet;
use toolgate::Changes;

/// The most failures that are printed.
const MOST_LISTED: usize = 20;

const BEARERS: [Bearer; 12] = [
    Bearer::None,
    Bearer::Malformed,
    Bearer::Expired("desk:read desk:write"),
    Bearer::OtherIssuer("desk:read desk:write"),
    Bearer::OtherAudience("desk:read desk:write"),
    Bearer::Valid(""),
    Bearer::Valid("other"),
    Bearer::Valid("desk:read"),
    Bearer::Valid("desk:write"),
    Bearer::Valid("desk:read desk:write"),
    Bearer::Valid("desk:read desk:write desk:admin other"),
    Bearer::Valid("desk:root"),
];

/// The kinds of resources and of prompts.
const KINDS: [&str; 7] = [
    "open",
    "whoami",
    "read",
    "write",
    "both",
    "either",
    "none such",
];

const ASKED: [Operation; 17] = [
    Operation::Call("ping"),
    Operation::Call("whoami"),
    Operation::Call("read"),
    Operation::Call("write"),
    Operation::Call("rewrite"),
    Operation::Call("purge"),
    Operation::Call("none such"),
    Operation::Handshake,
    Operation::ListTools,
    Operation::ListPrompts,
    Operation::ListResources,
    Operation::ListTemplates,
    Operation::Ping,
    Operation::Notify,
    Operation::Stream,
    Operation::End,
    Operation::UnknownMethod,
];

/// The operations on each kind.
const ASKED_OF_KINDS: [fn(&'static str) -> Operation; 6] = [
    Operation::Read,
    Operation::Get,
    Operation::Subscribe,
    Operation::Unsubscribe,
    Operation::Listen,
    Operation::CompletePrompt,
];

/// The kinds that are templates.
const TEMPLATES: [&str; 3] = ["both", "either", "none such"];

fn all_operations() -> Vec<Operation> {
    let of_kinds = ASKED_OF_KINDS
        .iter()
        .flat_map(|operation| KINDS.iter().map(|kind| operation(kind)));
    let of_templates = TEMPLATES.map(Operation::CompleteTemplate);
    ASKED
        .into_iter()
        .chain(of_kinds)
        .chain(of_templates)
        .collect()
}

/// The number of operations.
const OPERATIONS: usize = ASKED.len() + ASKED_OF_KINDS.len() * KINDS.len() + TEMPLATES.len();
const CELLS: usize = ServerKind::ALL.len() * Revision::ALL.len() * BEARERS.len() * OPERATIONS;
const _: () = assert!(CELLS == 8_928);

/// Returns the URI of a resource of a kind.
fn uri(kind: &str) -> String {
    match kind {
        "both" => "desk://both/7".to_owned(),
        "either" => "desk://either/a/b".to_owned(),
        "none such" => "desk://none".to_owned(),
        kind => format!("desk://{kind}"),
    }
}

fn template(kind: &str) -> &str {
    match kind {
        "both" => "desk://both/{id}",
        "either" => "desk://either/{+path}",
        _ => "desk://none/{id}",
    }
}

/// Builds a completion request for this reference and argument.
fn completion(reference: serde_json::Value, argument: &str) -> serde_json::Value {
    json!({"ref": reference, "argument": {"name": argument, "value": "h"}})
}

fn token(resource: &str, bearer: Bearer) -> Option<String> {
    let claims = |scopes| unsigned_tokens::claims(resource, scopes);
    let changed = |scopes, name: &str, value: serde_json::Value| {
        let mut claims = claims(scopes);
        claims[name] = value;
        Some(unsigned_tokens::token(&claims))
    };
    match bearer {
        Bearer::None => None,
        Bearer::Malformed => Some("certainly-no-token".to_owned()),
        Bearer::Expired(scopes) => changed(scopes, "exp", json!(1_000)),
        Bearer::OtherIssuer(scopes) => changed(scopes, "iss", json!("https://evil.example")),
        Bearer::OtherAudience(scopes) => changed(scopes, "aud", json!("https://other.example")),
        Bearer::Valid(scopes) => Some(unsigned_tokens::token(&claims(scopes))),
    }
}

/// Returns a client in the right session for a cell: its own if it can have one, otherwise one
/// that alice opened with a valid token.
async fn client(
    running: &RunningServer,
    server: ServerKind,
    revision: Revision,
    bearer: Bearer,
) -> Client {
    let bare = Client::new(running.resource(), revision);
    let good = unsigned_tokens::token(&unsigned_tokens::claims(&running.resource(), ""));
    let mut opener = match (bearer, server) {
        (Bearer::None, ServerKind::Open) => bare,
        _ => bare.with_token(good),
    };
    opener.open().await;
    match token(&running.resource(), bearer) {
        Some(token) => opener.with_token(token),
        None => opener.without_token(),
    }
}

async fn ask(mut client: Client, operation: Operation) -> HttpResponse {
    match operation {
        Operation::Call(tool) => client.call(tool, json!({})).await,
        Operation::Read(kind) => {
            let params = json!({"uri": uri(kind)});
            client.request("resources/read", params).await
        }
        Operation::Get(kind) => client.request("prompts/get", json!({"name": kind})).await,
        Operation::Subscribe(kind) => {
            let params = json!({"uri": uri(kind)});
            client.request("resources/subscribe", params).await
        }
        Operation::Unsubscribe(kind) => {
            let params = json!({"uri": uri(kind)});
            client.request("resources/unsubscribe", params).await
        }
        Operation::Listen(kind) => {
            let params = json!({"notifications": {"resourceSubscriptions": [uri(kind)]}});
            let message = client.message("subscriptions/listen", params);
            let request = client.post(&message).body(message.to_string());
            stream_or_answer(request).await
        }
        Operation::CompletePrompt(kind) => {
            let params = completion(json!({"type": "ref/prompt", "name": kind}), "word");
            client.request("completion/complete", params).await
        }
        Operation::CompleteTemplate(kind) => {
            let reference = json!({"type": "ref/resource", "uri": template(kind)});
            let argument = if kind == "both" { "id" } else { "path" };
            let params = completion(reference, argument);
            client.request("completion/complete", params).await
        }
        Operation::Handshake => {
            // A new client; the existing session belongs to the cells of other kinds.
            client = client.without_session();
            client.initialize().await
        }
        Operation::ListTools => client.request("tools/list", json!({})).await,
        Operation::ListPrompts => client.request("prompts/list", json!({})).await,
        Operation::ListResources => client.request("resources/list", json!({})).await,
        Operation::ListTemplates => client.request("resources/templates/list", json!({})).await,
        Operation::Ping => client.request("ping", json!({})).await,
        Operation::Notify => {
            let message = json!({"jsonrpc": "2.0", "method": "notifications/roots/list_changed"});
            client.send(&message).await
        }
        Operation::Stream => {
            let request = client
                .plain(Method::GET)
                .header("accept", "text/event-stream");
            stream_or_answer(request).await
        }
        Operation::End => HttpResponse::of(client.plain(Method::DELETE)).await,
        Operation::UnknownMethod => client.request("made/up", json!({})).await,
    }
}

/// Returns the response to a request whose successful response can be an endless stream, which is
/// not read.
async fn stream_or_answer(request: reqwest::RequestBuilder) -> HttpResponse {
    let response = request.send().await.expect("an answer");
    match response.status().as_u16() {
        200 => HttpResponse {
            status: 200,
            headers: BTreeMap::new(),
            text: "{}".to_owned(),
        },
        _ => HttpResponse::of_response(response).await,
    }
}

/// Tests the cells of one server in one revision. Returns their number, and the failures.
async fn cells(kind: ServerKind, revision: Revision) -> (usize, Vec<String>) {
    let (mut cells, mut failures) = (0, Vec::new());
    let runs = Runs::default();
    let server = match kind {
        ServerKind::Mixed => resources_and_prompts::add_all(tool_server::server(&runs)),
        ServerKind::Open => {
            resources_and_prompts::add_all(tool_server::server(&runs)).with_open_handshake()
        }
        ServerKind::Closed => {
            resources_and_prompts::add_protected(tool_server::protected_server(&runs))
        }
    };
    let server = server.with_changes(&Changes::new());
    let server = server.scope_implies("desk:root", ["desk:read", "desk:write"]);
    let running = RunningServer::start(server, |config| config.with_issuer(ISSUER)).await;
    for bearer in BEARERS {
        let mut session = client(&running, kind, revision, bearer).await;
        for operation in all_operations() {
            runs.forget();
            let answer = ask(session.clone(), operation).await;
            if operation == Operation::End {
                session = client(&running, kind, revision, bearer).await;
            }
            let expected = reference_model::expected(kind, revision, bearer, operation);
            let challenge = answer.challenge();
            let error = challenge.as_ref().and_then(|one| one.get("error"));
            let seen = Expected {
                status: answer.status,
                error: error.map(str::to_owned),
                scope: challenge.as_ref().map(|challenge| {
                    let scope = challenge.get("scope").unwrap_or_default();
                    scope.split(' ').map(str::to_owned).collect::<BTreeSet<_>>()
                }),
                ran: runs.all().into_iter().map(str::to_owned).collect(),
            };
            cells += 1;
            if seen != expected {
                failures.push(format!(
                    "{kind:?} {revision:?} {bearer:?} {operation:?}\n  expected {expected:?}\n  seen     {seen:?}\n  {}",
                    answer.text
                ));
            }
        }
    }
    running.stopped().await;
    (cells, failures)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_combination_matches_the_model() {
    let mut all = JoinSet::new();
    for kind in ServerKind::ALL {
        for revision in Revision::ALL {
            all.spawn(cells(kind, revision));
        }
    }
    compare_all(all, CELLS).await;
}

/// Waits for all cells. Panics with those that differ from the model.
async fn compare_all(mut all: JoinSet<(usize, Vec<String>)>, expected: usize) {
    let (mut cells, mut failures) = (0, Vec::new());
    while let Some(done) = all.join_next().await {
        let (some, wrong) = done.expect("it does not panic");
        cells += some;
        failures.extend(wrong);
    }
    assert_eq!(cells, expected, "no cell is skipped");
    let count = failures.len();
    failures.truncate(MOST_LISTED);
    assert!(
        failures.is_empty(),
        "{count} of {cells}, the first are:\n{}",
        failures.join("\n")
    );
}
