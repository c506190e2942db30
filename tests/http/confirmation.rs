//! `confirm = "…"`: the user sees what will be done, and the item runs once.

use std::time::Duration;

use serde_json::{Value, json};
use support::tool_server::Runs;
use toolgate::{
    Server, State, auth::DenialReason, mcp_prompt, mcp_resource, mcp_tool, prompts, resources,
    tools,
};
use toolgate_testing::{Denial, Output, TestCaller, TestServer};

const REVISIONS: [&str; 4] = ["2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26"];

/// Deletes a list.
#[mcp_tool(scope = "list:write", destructive, confirm = "Delete the list {list}?")]
fn delete(
    /// Its name.
    list: String,
    /// Also if it has entries.
    #[arg(default = false)]
    force: bool,
    State(runs): State<Runs>,
) -> String {
    runs.note("delete");
    format!("deleted {list}, {force}")
}

/// Reads a list whose reading is logged.
#[mcp_resource(scope = "list:write", uri = "lists://{list}", confirm = "Open {list}?")]
fn list(list: String, State(runs): State<Runs>) -> String {
    runs.note("list");
    list
}

/// Drafts a letter.
#[mcp_prompt(scope = "list:write", confirm = "Write to {to}?")]
fn letter(
    /// To whom.
    to: String,
    State(runs): State<Runs>,
) -> String {
    runs.note("letter");
    to
}

fn start(runs: &Runs) -> TestServer {
    TestServer::new(
        Server::with_state("lists", runs.clone())
            .tools(tools![delete])
            .resources(resources![list])
            .prompts(prompts![letter]),
    )
}

fn taken(runs: &Runs) -> Vec<&'static str> {
    let all = runs.all();
    runs.forget();
    all
}

fn answer(confirm: bool) -> Value {
    json!({"action": "accept", "content": {"confirm": confirm}})
}

/// Returns the beginning of a refusal: a 403 without a challenge, or the failed result of a
/// session whose stream had begun.
fn not_confirmed(refused: Result<Output, Denial>) -> String {
    let told = match refused {
        Err(denial) => {
            assert_eq!(
                (denial.status(), denial.challenge()),
                (403, None),
                "{denial}"
            );
            assert_eq!(
                denial.reason(),
                Some(DenialReason::NotConfirmed),
                "{denial}"
            );
            denial.message().to_owned()
        }
        Ok(output) => {
            assert!(output.is_error(), "{output:?}");
            assert!(
                output.value()["_meta"]
                    .to_string()
                    .contains("not_confirmed"),
                "{output:?}"
            );
            output.text()
        }
    };
    let told = told.split(',').next().unwrap_or_default();
    told.replace("delete was denied: ", "")
}

fn alice(server: &TestServer) -> TestCaller<'_> {
    server.as_caller("alice").with_scopes(["list:write"])
}

#[tokio::test]
async fn an_item_runs_after_its_user_confirmed_what_it_does() {
    let runs = Runs::default();
    let server = start(&runs);
    for revision in REVISIONS {
        let caller = alice(&server).with_revision(revision);
        let caller = caller.answering(|_, asked| {
            assert_eq!(
                asked["params"]["message"],
                "Delete the list \"a\"?\nforce: false"
            );
            answer(true)
        });
        let deleted = caller.call("delete", json!({"list": "a"})).await;
        let deleted = deleted.unwrap();
        assert_eq!(deleted.text(), "deleted a, false", "{revision} {deleted:?}");
        assert_eq!(taken(&runs), ["delete"], "{revision}");
    }
}

#[tokio::test]
async fn nothing_runs_if_the_user_does_not_confirm() {
    let runs = Runs::default();
    let server = start(&runs);
    for revision in REVISIONS {
        for given in [
            answer(false),
            json!({"action": "accept", "content": {}}),
            json!({"action": "decline"}),
            json!({"action": "cancel"}),
        ] {
            let answered = given.clone();
            let caller = alice(&server).with_revision(revision);
            let caller = caller.answering(move |_, _| answered.clone());
            let refused = caller.call("delete", json!({"list": "a"})).await;
            assert_eq!(
                not_confirmed(refused),
                "the user did not confirm this",
                "{given}"
            );
        }
        // A client that cannot ask its user.
        let refused = alice(&server).with_revision(revision);
        let refused = refused.call("delete", json!({"list": "a"})).await;
        assert_eq!(
            not_confirmed(refused),
            "the user must confirm this",
            "{revision}"
        );
    }
    assert!(taken(&runs).is_empty());
}

/// Returns the first answer to a call: the question, with its sealed state.
async fn asked(caller: &TestCaller<'_>, arguments: &Value) -> Value {
    let caller = caller.clone().answering(|_, _| answer(true));
    let params = json!({"name": "delete", "arguments": arguments});
    let asked = caller.request("tools/call", params).await.unwrap();
    assert!(asked.value()["requestState"].is_string(), "{asked:?}");
    asked.value().clone()
}

/// Sends a call with this state and a confirmation. Returns the text of the result or the error.
async fn confirmed(caller: &TestCaller<'_>, arguments: &Value, asked: &Value) -> String {
    let caller = caller.clone().answering(|_, _| answer(true));
    let params = json!({
        "name": "delete", "arguments": arguments,
        "requestState": asked["requestState"], "inputResponses": {"confirm": answer(true)},
    });
    match caller.request("tools/call", params).await {
        Ok(output) => output.text(),
        Err(denial) => denial.message().to_owned(),
    }
}

#[tokio::test]
async fn a_confirmation_is_used_once() {
    let runs = Runs::default();
    let server = start(&runs);
    let (alice, list) = (alice(&server), json!({"list": "a"}));
    let question = asked(&alice, &list).await;
    assert_eq!(
        confirmed(&alice, &list, &question).await,
        "deleted a, false"
    );
    let again = confirmed(&alice, &list, &question).await;
    assert!(again.contains("was used before"), "{again}");
    assert_eq!(taken(&runs), ["delete"]);
}

#[tokio::test]
async fn a_confirmation_is_valid_for_its_arguments_its_caller_and_five_minutes() {
    let runs = Runs::default();
    let server = start(&runs);
    let (alice, list) = (alice(&server), json!({"list": "a"}));
    let question = asked(&alice, &list).await;
    for other in [json!({"list": "b"}), json!({"list": "a", "force": true})] {
        let told = confirmed(&alice, &other, &question).await;
        assert!(told.contains("did not issue"), "{told}");
    }
    let mallory = server.as_caller("mallory").with_scopes(["list:write"]);
    let told = confirmed(&mallory, &list, &question).await;
    assert!(told.contains("did not issue"), "{told}");
    let unscoped = server.as_caller("alice");
    let told = confirmed(&unscoped, &list, &question).await;
    assert!(told.contains("list:write"), "{told}");
    server.clock().advance(Duration::from_secs(301));
    let told = confirmed(&alice, &list, &question).await;
    assert!(told.contains("expired"), "{told}");
    // An answer that no question precedes.
    let told = confirmed(&alice, &list, &json!({"requestState": null})).await;
    assert!(told.contains("without"), "{told}");
    assert!(taken(&runs).is_empty());
}

#[tokio::test]
async fn resources_and_prompts_are_confirmed_as_tools_are() {
    let runs = Runs::default();
    let server = start(&runs);
    for revision in REVISIONS {
        let alice = alice(&server).with_revision(revision);
        let yes = alice.clone().answering(|_, _| answer(true));
        assert_eq!(
            yes.read("lists://a").await.unwrap().text(),
            "a",
            "{revision}"
        );
        let letter = yes.prompt("letter", json!({"to": "b"})).await;
        assert_eq!(letter.unwrap().text(), "b", "{revision}");
        assert_eq!(taken(&runs), ["list", "letter"]);
        let no = alice.answering(|_, _| answer(false));
        assert!(no.read("lists://a").await.is_err(), "{revision}");
        assert!(no.prompt("letter", json!({"to": "b"})).await.is_err());
        assert!(taken(&runs).is_empty(), "{revision}");
    }
}

/// Deletes.
#[mcp_tool(authenticated, confirm = "Delete {nr}?")]
fn with_struct(_: toolgate::Args<Struct>) {}

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Struct {
    /// Which.
    #[expect(dead_code, reason = "only its name matters")]
    id: u8,
}

#[tokio::test]
async fn a_name_that_is_no_field_of_the_struct_is_a_start_error() {
    let server = Server::new("s").tools(tools![with_struct]);
    let told = server.into_router(toolgate::Config::new("https://a.example/mcp"));
    let told = told.unwrap_err().to_string();
    assert!(
        told.contains("`confirm` of the tool `with_struct` names the argument `nr`"),
        "{told}"
    );
}
