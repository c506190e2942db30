//! Every verdict of `authorize` × gate × revision × caller × operation.
//!
//! [`model`] computes the expected results from the contract's sentences, without the server.

pub(crate) mod desk;
pub(crate) mod model;

use std::time::Duration;

use desk::Desk;
use model::{Expected, Gate, Operation, Verdict, Who};
use serde_json::{Value, json};
use support::client::Revision;
use tokio::task::JoinSet;
use toolgate_testing::{Denial, TestCaller, TestIssuer, TestServer};

use crate::{compare_all, completion};

/// The operations on a gate. A handler behind a gate sends its updates itself, and the direct path
/// has none.
pub(crate) const OPERATIONS: [Operation; 14] = [
    Operation::Call,
    Operation::CallThroughRmcp,
    Operation::Rounds,
    Operation::SecondRound,
    Operation::Read,
    Operation::Get,
    Operation::Subscribe,
    Operation::CompletePrompt,
    Operation::CompleteTemplate,
    Operation::ListTools,
    Operation::ListPrompts,
    Operation::ListResources,
    Operation::ListTemplates,
    Operation::Update,
];

const PER_GATE: usize = Revision::ALL.len() * Verdict::ALL.len() * Who::ALL.len();
const CELLS: usize = PER_GATE * (3 * OPERATIONS.len() - 2);
const _: () = assert!(CELLS == 3_200);

/// Long enough for a busy machine: only the slow verdict may be too slow.
const PATIENT: Duration = Duration::from_secs(60);
const IMPATIENT: Duration = Duration::from_millis(50);

/// How long an update may take.
const MOST: Duration = Duration::from_secs(30);

async fn start(desk: &Desk, gate: Gate, verdict: Verdict) -> TestServer {
    TestServer::around(TestIssuer::in_memory(), async |config| {
        let config = config.with_authorize_timeout(match verdict {
            Verdict::Slow => IMPATIENT,
            _ => PATIENT,
        });
        match gate {
            Gate::Server => desk.server().into_router(config),
            Gate::StatelessPath => desk.server().without_sessions().into_router(config),
            Gate::Handler => return desk.handler(config).await,
        }
        .expect("the server is valid")
    })
    .await
}

fn caller(server: &TestServer, who: Who, revision: Revision) -> TestCaller<'_> {
    let caller = match who.scopes() {
        None => server.anonymous(),
        Some(scopes) => server
            .as_caller("alice")
            .with_scopes(scopes.split_whitespace()),
    };
    caller.with_revision(revision.name())
}

/// Sends the request of a cell. For a second round or an update, the function allows everything
/// before it, and then gives the verdict of the cell.
async fn ask(
    desk: &Desk,
    caller: &TestCaller<'_>,
    revision: Revision,
    verdict: Verdict,
    operation: Operation,
) -> Result<Value, Denial> {
    let later = matches!(operation, Operation::SecondRound | Operation::Update);
    desk.decide(if later { Verdict::Allow } else { verdict });
    let switch = desk.clone();
    request(desk, caller, revision, operation, move || {
        switch.decide(verdict)
    })
    .await
}

/// Sends the request of a cell. `later` is called before the second round and before an update.
pub(crate) async fn request(
    desk: &Desk,
    caller: &TestCaller<'_>,
    revision: Revision,
    operation: Operation,
    later: impl Fn() + Clone + Send + Sync + 'static,
) -> Result<Value, Denial> {
    let before = later.clone();
    let asked = caller.clone().answering(move |_, _| {
        before();
        json!({"action": "accept", "content": {"confirm": true}})
    });
    let reference = |kind: &str, name: &str, value: &str| {
        let argument = if kind == "ref/prompt" { "word" } else { "id" };
        completion(json!({"type": kind, name: value}), argument)
    };
    let answer = match operation {
        Operation::Call => caller.call("fast", json!({})).await,
        Operation::CallThroughRmcp => caller.call("context", json!({})).await,
        Operation::Rounds | Operation::SecondRound => asked.call("asks", json!({})).await,
        Operation::Read => caller.read("desk://it").await,
        Operation::Get => caller.prompt("letter", json!({"word": "a"})).await,
        Operation::Subscribe => match revision {
            Revision::Stateless => {
                let subscribed = caller.subscribe(["desk://it"]).await;
                return subscribed.map(|_| json!({}));
            }
            Revision::Session(_) => {
                let params = json!({"uri": "desk://it"});
                caller.request("resources/subscribe", params).await
            }
        },
        Operation::CompletePrompt => {
            let params = reference("ref/prompt", "name", "letter");
            caller.request("completion/complete", params).await
        }
        Operation::CompleteTemplate => {
            let params = reference("ref/resource", "uri", "desk://{id}");
            caller.request("completion/complete", params).await
        }
        Operation::ListTools => caller.request("tools/list", json!({})).await,
        Operation::ListPrompts => caller.request("prompts/list", json!({})).await,
        Operation::ListResources => caller.request("resources/list", json!({})).await,
        Operation::ListTemplates => caller.request("resources/templates/list", json!({})).await,
        Operation::Update => {
            let mut updates = caller.subscribe(["desk://it", "desk://end"]).await?;
            later();
            desk.change(&["desk://it", "desk://end"]);
            let mut heard = Vec::new();
            while let Some(uri) = updates.updated(MOST).await {
                heard.push(uri);
                if heard.last().is_some_and(|uri| uri == "desk://end") {
                    break;
                }
            }
            return Ok(json!({ "heard": heard }));
        }
    };
    answer.map(|output| output.value().clone())
}

pub(crate) fn seen(desk: &Desk, answer: &Result<Value, Denial>) -> Expected {
    let mut seen = Expected::of_status(200);
    seen.ran = desk.ran();
    match answer {
        Ok(value) => {
            seen.is_error = value["isError"] == true;
            let lists = [
                "tools",
                "prompts",
                "resources",
                "resourceTemplates",
                "heard",
            ];
            let items = lists.iter().find_map(|list| value[*list].as_array());
            seen.listed = items.map(|items| items.iter().map(name).collect());
        }
        Err(denial) => {
            seen.status = denial.status();
            seen.code = denial.body()["error"]["code"].as_i64();
            seen.error = denial.error().map(str::to_owned);
            let scopes = denial.challenged_scopes().into_iter();
            seen.scopes = denial
                .challenge()
                .map(|_| scopes.map(str::to_owned).collect());
        }
    }
    seen
}

fn name(item: &Value) -> String {
    let names = ["name", "uri", "uriTemplate"];
    let mut names = names.iter().filter_map(|name| item[*name].as_str());
    let uri = item["uri"].as_str().or(item["uriTemplate"].as_str());
    let name = item.as_str().or(uri).or_else(|| names.next());
    name.expect("an item has a name").to_owned()
}

/// Tests the cells of one server. Returns their number, and the failures.
async fn cells(gate: Gate, revision: Revision, verdict: Verdict) -> (usize, Vec<String>) {
    let (mut cells, mut failures) = (0, Vec::new());
    let desk = Desk::default();
    let server = start(&desk, gate, verdict).await;
    for who in Who::ALL {
        let caller = caller(&server, who, revision);
        for operation in OPERATIONS {
            if operation == Operation::Update && gate != Gate::Server {
                continue;
            }
            desk.forget();
            let answer = ask(&desk, &caller, revision, verdict, operation).await;
            let seen = seen(&desk, &answer);
            let expected = model::expected(gate, revision, verdict, who, operation);
            cells += 1;
            if seen != expected {
                failures.push(format!(
                    "{gate:?} {revision:?} {verdict:?} {who:?} {operation:?}\n  expected {expected:?}\n  seen     {seen:?}\n  {answer:?}"
                ));
            }
        }
    }
    (cells, failures)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_verdict_of_authorize_matches_the_model() {
    let mut all = JoinSet::new();
    for gate in Gate::ALL {
        for revision in Revision::ALL {
            for verdict in Verdict::ALL {
                all.spawn(cells(gate, revision, verdict));
            }
        }
    }
    compare_all(all, CELLS).await;
}
