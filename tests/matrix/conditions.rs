//! Every kind of condition × scopes × roles × login × revision × operation.
//!
//! [`model`] computes the expected results from the contract's sentences, without the server.

mod model;

use std::collections::BTreeSet;

use model::{Caller, Expected, Operation};
use serde_json::json;
use support::{
    client::{Client, HttpResponse, Revision},
    guarded_items::{self, CARD, KINDS, Login, MFA},
    running_server::RunningServer,
    tool_server::Runs,
    unsigned_tokens::{self, ISSUER, PERSON},
};
use tokio::task::JoinSet;
use toolgate::{Changes, gate::Visibility};

use crate::{compare_all, completion, stream_or_answer};

const SCOPES: [&str; 3] = ["", "desk:read", "desk:read desk:write"];

/// The roles of a caller, and whether a person stands behind it.
const ROLES: [(&[&str], bool); 6] = [
    (&[], false),
    (&["editor"], false),
    (&["editor"], true),
    (&["auditor", "editor"], false),
    (&["owner"], true),
    (&["Editor", "editors", "owner "], true),
];

const LOGINS: [Login<'static>; 5] = [
    None,
    Some(("urn:example:pwd", 10)),
    Some((MFA, 10)),
    Some((CARD, 10)),
    Some((MFA, 1_000)),
];

const OF_KINDS: [fn(&'static str) -> Operation; 9] = [
    Operation::Call,
    Operation::CallThroughRmcp,
    Operation::Read,
    Operation::Get,
    Operation::Subscribe,
    Operation::Unsubscribe,
    Operation::Listen,
    Operation::CompletePrompt,
    Operation::CompleteTemplate,
];

const LISTS: [Operation; 3] = [
    Operation::ListTools,
    Operation::ListPrompts,
    Operation::ListTemplates,
];

const CALLERS: usize = SCOPES.len() * ROLES.len() * LOGINS.len();
const OPERATIONS: usize = OF_KINDS.len() * KINDS.len() + LISTS.len();
const CELLS: usize = Revision::ALL.len() * CALLERS * OPERATIONS;
const _: () = assert!(CELLS == 23_760);

fn operations() -> Vec<Operation> {
    let of_kinds = OF_KINDS
        .iter()
        .flat_map(|operation| KINDS.iter().map(|kind| operation(kind)));
    of_kinds.chain(LISTS).collect()
}

async fn ask(client: &Client, operation: Operation) -> HttpResponse {
    let uri = |kind| json!({"uri": format!("guarded://{kind}/7")});
    let (method, params) = match operation {
        Operation::Call(kind) => ("tools/call", json!({"name": kind, "arguments": {}})),
        Operation::CallThroughRmcp(kind) => (
            "tools/call",
            json!({"name": format!("slow_{kind}"), "arguments": {}}),
        ),
        Operation::Read(kind) => ("resources/read", uri(kind)),
        Operation::Get(kind) => ("prompts/get", json!({"name": kind})),
        Operation::Subscribe(kind) => ("resources/subscribe", uri(kind)),
        Operation::Unsubscribe(kind) => ("resources/unsubscribe", uri(kind)),
        Operation::Listen(kind) => {
            let uris = [format!("guarded://{kind}/7")];
            let params = json!({"notifications": {"resourceSubscriptions": uris}});
            let message = client.message("subscriptions/listen", params);
            let request = client.post(&message).body(message.to_string());
            return stream_or_answer(request).await;
        }
        Operation::CompletePrompt(kind) => (
            "completion/complete",
            completion(json!({"type": "ref/prompt", "name": kind}), "word"),
        ),
        Operation::CompleteTemplate(kind) => {
            let template = format!("guarded://{kind}/{{id}}");
            (
                "completion/complete",
                completion(json!({"type": "ref/resource", "uri": template}), "id"),
            )
        }
        Operation::ListTools => ("tools/list", json!({})),
        Operation::ListPrompts => ("prompts/list", json!({})),
        Operation::ListTemplates => ("resources/templates/list", json!({})),
    };
    client.request(method, params).await
}

/// Returns the kinds of the items on a list, or `None` for the answer to another operation.
fn listed(operation: Operation, answer: &HttpResponse) -> Option<BTreeSet<String>> {
    let (list, name) = match operation {
        Operation::ListTools => ("tools", "name"),
        Operation::ListPrompts => ("prompts", "name"),
        Operation::ListTemplates => ("resourceTemplates", "uriTemplate"),
        _ => return None,
    };
    let answer = answer.json();
    let items = answer["result"][list].as_array().expect("a list");
    let names = items.iter().map(|one| one[name].as_str().expect("a name"));
    let names = names.map(|name| {
        name.trim_start_matches("guarded://")
            .trim_end_matches("/{id}")
    });
    Some(names.map(str::to_owned).collect())
}

fn seen(operation: Operation, answer: &HttpResponse, runs: &Runs) -> Expected {
    let challenge = answer.challenge();
    let get = |name| {
        challenge
            .as_ref()
            .and_then(|one| one.get(name))
            .map(str::to_owned)
    };
    let names = |text: String| text.split(' ').map(str::to_owned).collect();
    Expected {
        status: answer.status,
        error: get("error"),
        scope: get("scope").map(names),
        acr_values: get("acr_values"),
        max_age: get("max_age"),
        ran: runs.all().into_iter().map(str::to_owned).collect(),
        listed: listed(operation, answer),
    }
}

/// Tests the cells of one revision. Returns their number, and the failures.
async fn cells(revision: Revision) -> (usize, Vec<String>) {
    let (mut cells, mut failures) = (0, Vec::new());
    let runs = Runs::default();
    let server = guarded_items::server(&runs)
        .with_visibility(Visibility::Granted)
        .with_changes(&Changes::new());
    let running = RunningServer::start(server, |config| config.with_issuer(ISSUER)).await;
    for scopes in SCOPES {
        for (roles, is_person) in ROLES {
            for login in LOGINS {
                let resource = running.resource();
                let mut claims = guarded_items::claims(&resource, scopes, roles, login);
                if is_person {
                    claims[PERSON] = json!(true);
                }
                let token = unsigned_tokens::token(&claims);
                let mut client = Client::new(running.resource(), revision).with_token(token);
                client.open().await;
                let caller = Caller {
                    scopes,
                    roles,
                    is_person,
                    login,
                };
                for operation in operations() {
                    runs.forget();
                    let answer = ask(&client, operation).await;
                    let seen = seen(operation, &answer, &runs);
                    let expected = model::expected(revision, caller, operation);
                    cells += 1;
                    if seen != expected {
                        failures.push(format!(
                            "{revision:?} {caller:?} {operation:?}\n  expected {expected:?}\n  seen     {seen:?}\n  {}",
                            answer.text
                        ));
                    }
                }
            }
        }
    }
    running.stopped().await;
    (cells, failures)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_condition_matches_the_model() {
    let mut all = JoinSet::new();
    for revision in Revision::ALL {
        all.spawn(cells(revision));
    }
    compare_all(all, CELLS).await;
}
