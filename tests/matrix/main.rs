//! Every kind of requirement × every state of token × every revision × every operation.
//!
//! [`reference_model`] computes the expected results. It is naive on purpose and shares nothing
//! with the server: sets of strings, and the contract's sentences as `if`s.

mod reference_model;

use std::collections::BTreeSet;

use reference_model::{Asked, Bearer, Expected, Shop};
use reqwest::Method;
use serde_json::json;
use support::{
    client::{Answer, Challenge, Client, Revision},
    resources_and_prompts,
    running_server::Running,
    tool_server::{self, Runs},
    unsigned_tokens::{self, ISSUER},
};
use tokio::task::JoinSet;
use toolgate::Changes;

const BEARERS: [Bearer; 12] = [
    Bearer::None,
    Bearer::Malformed,
    Bearer::Expired("desk:read desk:write"),
    Bearer::OfAnother("desk:read desk:write"),
    Bearer::ForAnother("desk:read desk:write"),
    Bearer::Good(""),
    Bearer::Good("other"),
    Bearer::Good("desk:read"),
    Bearer::Good("desk:write"),
    Bearer::Good("desk:read desk:write"),
    Bearer::Good("desk:read desk:write desk:admin other"),
    Bearer::Good("desk:root"),
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

const ASKED: [Asked; 17] = [
    Asked::Call("ping"),
    Asked::Call("whoami"),
    Asked::Call("read"),
    Asked::Call("write"),
    Asked::Call("rewrite"),
    Asked::Call("purge"),
    Asked::Call("none such"),
    Asked::Handshake,
    Asked::ListTools,
    Asked::ListPrompts,
    Asked::ListResources,
    Asked::ListTemplates,
    Asked::Ping,
    Asked::Notify,
    Asked::Stream,
    Asked::End,
    Asked::Unruled,
];

/// The operations on each kind.
const ASKED_OF_KINDS: [fn(&'static str) -> Asked; 6] = [
    Asked::Read,
    Asked::Get,
    Asked::Subscribe,
    Asked::Unsubscribe,
    Asked::Listen,
    Asked::CompletePrompt,
];

/// The kinds that are templates.
const TEMPLATES: [&str; 3] = ["both", "either", "none such"];

fn all_asked() -> Vec<Asked> {
    let of_kinds = ASKED_OF_KINDS
        .iter()
        .flat_map(|asked| KINDS.iter().map(|kind| asked(kind)));
    let of_templates = TEMPLATES.map(Asked::CompleteTemplate);
    ASKED
        .into_iter()
        .chain(of_kinds)
        .chain(of_templates)
        .collect()
}

/// The number of operations.
const OPERATIONS: usize = ASKED.len() + ASKED_OF_KINDS.len() * KINDS.len() + TEMPLATES.len();
const CELLS: usize = Shop::ALL.len() * Revision::ALL.len() * BEARERS.len() * OPERATIONS;
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
        Bearer::OfAnother(scopes) => changed(scopes, "iss", json!("https://evil.example")),
        Bearer::ForAnother(scopes) => changed(scopes, "aud", json!("https://other.example")),
        Bearer::Good(scopes) => Some(unsigned_tokens::token(&claims(scopes))),
    }
}

/// Returns a client in the right session for a cell: its own if it can have one, otherwise one
/// that alice opened with a valid token.
async fn client(running: &Running, shop: Shop, revision: Revision, bearer: Bearer) -> Client {
    let bare = Client::new(running.resource(), revision);
    let good = unsigned_tokens::token(&unsigned_tokens::claims(&running.resource(), ""));
    let mut opener = match (bearer, shop) {
        (Bearer::None, Shop::Open) => bare,
        _ => bare.with_token(good),
    };
    opener.open().await;
    match token(&running.resource(), bearer) {
        Some(token) => opener.with_token(token),
        None => opener.without_token(),
    }
}

async fn ask(
    mut client: Client,
    revision: Revision,
    asked: Asked,
) -> (u16, Option<Challenge>, String) {
    let answer = match asked {
        Asked::Call(tool) => client.call(tool, json!({})).await,
        Asked::Read(kind) => {
            let params = json!({"uri": uri(kind)});
            client.request("resources/read", params).await
        }
        Asked::Get(kind) => client.request("prompts/get", json!({"name": kind})).await,
        Asked::Subscribe(kind) => {
            let params = json!({"uri": uri(kind)});
            client.request("resources/subscribe", params).await
        }
        Asked::Unsubscribe(kind) => {
            let params = json!({"uri": uri(kind)});
            client.request("resources/unsubscribe", params).await
        }
        Asked::Listen(kind) => {
            let params = json!({"notifications": {"resourceSubscriptions": [uri(kind)]}});
            let message = client.message("subscriptions/listen", params);
            let request = client.post(&message).body(message.to_string());
            return stream_or_answer(request, revision).await;
        }
        Asked::CompletePrompt(kind) => {
            let params = completion(json!({"type": "ref/prompt", "name": kind}), "word");
            client.request("completion/complete", params).await
        }
        Asked::CompleteTemplate(kind) => {
            let reference = json!({"type": "ref/resource", "uri": template(kind)});
            let argument = if kind == "both" { "id" } else { "path" };
            let params = completion(reference, argument);
            client.request("completion/complete", params).await
        }
        Asked::Handshake => {
            // A new client; the existing session belongs to the cells of other kinds.
            client = client.without_session();
            client.initialize().await
        }
        Asked::ListTools => client.request("tools/list", json!({})).await,
        Asked::ListPrompts => client.request("prompts/list", json!({})).await,
        Asked::ListResources => client.request("resources/list", json!({})).await,
        Asked::ListTemplates => client.request("resources/templates/list", json!({})).await,
        Asked::Ping => client.request("ping", json!({})).await,
        Asked::Notify => {
            let message = json!({"jsonrpc": "2.0", "method": "notifications/roots/list_changed"});
            client.send(&message).await
        }
        Asked::Stream => {
            let request = client
                .plain(Method::GET)
                .header("accept", "text/event-stream");
            return stream_or_answer(request, revision).await;
        }
        Asked::End => Answer::of(client.plain(Method::DELETE)).await,
        Asked::Unruled => client.request("made/up", json!({})).await,
    };
    (answer.status, answer.challenge(), answer.text)
}

/// Returns the response to a request whose successful response can be an endless stream.
async fn stream_or_answer(
    request: reqwest::RequestBuilder,
    revision: Revision,
) -> (u16, Option<Challenge>, String) {
    let response = request.send().await.expect("an answer");
    let status = response.status().as_u16();
    if status == 200 {
        return (status, None, format!("{revision:?}"));
    }
    let answer = Answer::of_response(response).await;
    (answer.status, answer.challenge(), answer.text)
}

/// Tests the cells of one server in one revision. Returns their number, and the failures.
async fn cells(shop: Shop, revision: Revision) -> (usize, Vec<String>) {
    let (mut cells, mut faults) = (0, Vec::new());
    let runs = Runs::default();
    let server = match shop {
        Shop::Mixed => resources_and_prompts::furnish(tool_server::server(&runs)),
        Shop::Open => {
            resources_and_prompts::furnish(tool_server::server(&runs)).with_open_handshake()
        }
        Shop::Closed => resources_and_prompts::furnish_closed(tool_server::closed_server(&runs)),
    };
    let server = server.with_changes(&Changes::new());
    let server = server.scope_implies("desk:root", ["desk:read", "desk:write"]);
    let running = Running::start(server, |config| config.with_issuer(ISSUER)).await;
    for bearer in BEARERS {
        let mut session = client(&running, shop, revision, bearer).await;
        for asked in all_asked() {
            runs.forget();
            let (status, challenge, text) = ask(session.clone(), revision, asked).await;
            if asked == Asked::End {
                session = client(&running, shop, revision, bearer).await;
            }
            let expected = reference_model::expected(shop, revision, bearer, asked);
            let error = challenge.as_ref().and_then(|one| one.get("error"));
            let seen = Expected {
                status,
                error: error.map(str::to_owned),
                scope: challenge.as_ref().map(|challenge| {
                    let scope = challenge.get("scope").unwrap_or_default();
                    scope.split(' ').map(str::to_owned).collect::<BTreeSet<_>>()
                }),
                ran: runs.all().into_iter().map(str::to_owned).collect(),
            };
            cells += 1;
            if seen != expected {
                faults.push(format!(
                    "{shop:?} {revision:?} {bearer:?} {asked:?}\n  expected {expected:?}\n  seen     {seen:?}\n  {text}"
                ));
            }
        }
    }
    running.stopped().await;
    (cells, faults)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_cell_is_as_the_model_says() {
    let mut all = JoinSet::new();
    for shop in Shop::ALL {
        for revision in Revision::ALL {
            all.spawn(cells(shop, revision));
        }
    }
    let (mut cells, mut faults) = (0, Vec::new());
    while let Some(done) = all.join_next().await {
        let (some, wrong) = done.expect("it does not panic");
        cells += some;
        faults.extend(wrong);
    }
    assert_eq!(cells, CELLS, "no cell is skipped");
    assert!(
        faults.is_empty(),
        "{} of {cells}:\n{}",
        faults.len(),
        faults.join("\n")
    );
}
