//! `confirm` in front of a handler that is written with rmcp.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock,
        GetPromptRequestParams, GetPromptResponse, GetPromptResult, InputRequiredResult,
        JsonObject, ListPromptsResult, ListResourceTemplatesResult, ListToolsResult,
        PaginatedRequestParams, Prompt, PromptArgument, ReadResourceRequestParams,
        ReadResourceResponse, ReadResourceResult, ResourceContents, ResourceTemplate,
        ServerCapabilities, ServerConfig, Tool,
    },
    service::RequestContext,
    transport::streamable_http_server::StreamableHttpService,
};
use serde_json::{Value, json};
use toolgate::{
    access,
    auth::{AuthorizeError, DenialReason},
    gate::{Access, HandlerCall, HandlerGate, HandlerGateBuilder},
};
use toolgate_testing::{Denial, Output, TestCaller, TestClock, TestIssuer, TestServer};

const REVISIONS: [&str; 4] = ["2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26"];

/// A handler that records what it gets.
#[derive(Clone, Default)]
pub(in super::super) struct Notes(Arc<Mutex<Vec<Value>>>);

impl Notes {
    fn note(&self, what: Value) {
        self.0.lock().expect("not poisoned").push(what);
    }

    pub(in super::super) fn take(&self) -> Vec<Value> {
        std::mem::take(&mut *self.0.lock().expect("not poisoned"))
    }
}

fn schema() -> JsonObject {
    let schema = json!({"type": "object", "properties": {"id": {}, "force": {}}});
    schema.as_object().expect("an object").clone()
}

impl ServerHandler for Notes {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder();
        ServerConfig::new(
            capabilities
                .enable_prompts()
                .enable_resources()
                .enable_tools()
                .build(),
        )
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let tool = |name: &str| Tool::new(name.to_owned(), "A tool.", schema());
        Ok(ListToolsResult::with_all_items(
            ["delete", "chat", "peek"].map(tool).into(),
        ))
    }

    async fn call_tool(
        &self,
        call: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let caller = HandlerGate::caller(&context);
        let subject = caller.as_ref().and_then(|caller| caller.subject());
        self.note(json!([
            call.name,
            call.arguments,
            subject,
            call.request_state,
            call.input_responses.is_some(),
        ]));
        if call.name == "chat" {
            return Ok(InputRequiredResult::new(None, Some("own".to_owned())).into());
        }
        Ok(CallToolResult::success(vec![ContentBlock::text("done")]).into())
    }

    async fn list_prompts(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        let prompt = Prompt::new(
            "letter",
            Some("A prompt."),
            Some(vec![PromptArgument::new("to")]),
        );
        Ok(ListPromptsResult::with_all_items(vec![prompt]))
    }

    async fn get_prompt(
        &self,
        get: GetPromptRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        self.note(json!([get.name, get.arguments]));
        Ok(GetPromptResult::new(Vec::new()).into())
    }

    async fn list_resource_templates(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let template = ResourceTemplate::new("notes://{id}", "note");
        Ok(ListResourceTemplatesResult::with_all_items(vec![template]))
    }

    async fn read_resource(
        &self,
        read: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        self.note(json!([read.uri]));
        let text = ResourceContents::text("contents", read.uri);
        Ok(ReadResourceResult::new(vec![text]).into())
    }
}

pub(super) const WRITE: Access = access!(scope = "notes:write");

fn builder() -> HandlerGateBuilder {
    HandlerGate::builder("notes")
        .without_banner()
        .tool("delete", WRITE.confirm("Delete {id}?"))
        .tool("chat", access!(scope = "notes:write", confirm = "Chat?"))
        .tool("peek", WRITE)
        .prompt("letter", WRITE.confirm("Write to {to}?"))
        .resource("notes://{id}", WRITE.confirm("Open {id}?"))
}

async fn start(notes: &Notes, clock: &TestClock, builder: HandlerGateBuilder) -> TestServer {
    TestServer::around(TestIssuer::in_memory(), async |config| {
        let gate = builder.with_clock(clock.clone());
        let gate = gate.build(config, notes.clone()).await;
        let gate = gate.expect("what is declared of the notes is right");
        let notes = notes.clone();
        let service = StreamableHttpService::new(
            gate.guard_each(move || Ok(notes.clone())),
            gate.sessions(),
            gate.transport(),
        );
        gate.router(service)
    })
    .await
}

fn answer(confirm: bool) -> Value {
    json!({"action": "accept", "content": {"confirm": confirm}})
}

fn alice(server: &TestServer) -> TestCaller<'_> {
    server.as_caller("alice").with_scopes(["notes:write"])
}

/// Checks a refusal: a 403 without a challenge, or the failed result of a session whose stream had
/// begun.
fn assert_not_confirmed(refused: Result<Output, Denial>, what: &str) {
    match refused {
        Err(denial) => {
            let seen = (denial.status(), denial.challenge(), denial.reason());
            let expected = (403, None, Some(DenialReason::NotConfirmed));
            assert_eq!(seen, expected, "{what} {denial}");
        }
        Ok(output) => {
            assert!(output.is_error(), "{what} {output:?}");
            let meta = output.value()["_meta"].to_string();
            assert!(meta.contains("not_confirmed"), "{what} {output:?}");
        }
    }
}

#[tokio::test]
async fn a_handler_runs_after_its_user_confirmed_what_it_does() {
    let (notes, clock) = (Notes::default(), TestClock::default());
    let server = start(&notes, &clock, builder()).await;
    for revision in REVISIONS {
        let caller = alice(&server).with_revision(revision);
        let caller = caller.answering(|_, asked| {
            let asked = &asked["params"]["message"];
            assert_eq!(asked, "Delete \"a\"?\nforce: true");
            answer(true)
        });
        let arguments = json!({"id": "a", "force": true});
        let deleted = caller.call("delete", arguments.clone()).await.unwrap();
        assert_eq!(deleted.text(), "done", "{revision} {deleted:?}");
        // Neither the state nor the answer is the handler's.
        let ran = json!(["delete", arguments, "alice", null, false]);
        assert_eq!(notes.take(), [ran], "{revision}");
    }
}

#[tokio::test]
async fn a_handler_does_not_run_if_the_user_does_not_confirm() {
    let (notes, clock) = (Notes::default(), TestClock::default());
    let server = start(&notes, &clock, builder()).await;
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
            let refused = caller.call("delete", json!({"id": "a"})).await;
            assert_not_confirmed(refused, &format!("{revision} {given}"));
            let refused = caller.prompt("letter", json!({"to": "b"})).await;
            assert!(refused.is_err(), "{revision} {given} {refused:?}");
            let refused = caller.read("notes://a").await;
            assert!(refused.is_err(), "{revision} {given} {refused:?}");
        }
        // A client that cannot ask its user.
        let unable = alice(&server).with_revision(revision);
        let refused = unable.call("delete", json!({"id": "a"})).await;
        if revision == "2026-07-28" {
            assert!(refused.is_err(), "{refused:?}");
        }
        assert_not_confirmed(refused, revision);
        for refused in [
            unable.prompt("letter", json!({"to": "b"})).await,
            unable.read("notes://a").await,
        ] {
            let denial = refused.unwrap_err();
            let reason = denial.reason();
            assert_eq!(reason, Some(DenialReason::NotConfirmed), "{denial}");
            if revision == "2026-07-28" {
                assert_eq!(denial.status(), 403, "{denial}");
            }
        }
    }
    assert!(notes.take().is_empty());
}

#[tokio::test]
async fn prompts_and_resources_of_a_handler_are_confirmed() {
    let (notes, clock) = (Notes::default(), TestClock::default());
    let server = start(&notes, &clock, builder()).await;
    for revision in REVISIONS {
        let caller = alice(&server).with_revision(revision);
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        let caller = caller.answering(move |_, asked| {
            let mut log = log.lock().expect("not poisoned");
            log.push(asked["params"]["message"].clone());
            answer(true)
        });
        caller.prompt("letter", json!({"to": "b"})).await.unwrap();
        caller.read("notes://a%20b").await.unwrap();
        let ran = [json!(["letter", {"to": "b"}]), json!(["notes://a%20b"])];
        assert_eq!(notes.take(), ran, "{revision}");
        let asked = asked.lock().expect("not poisoned");
        assert_eq!(*asked, ["Write to \"b\"?", "Open \"a b\"?"], "{revision}");
    }
}

/// Sends a call with the state of a question, and an answer. Returns the text or the error message.
async fn confirmed(caller: &TestCaller<'_>, arguments: Value, state: &Value) -> String {
    let caller = caller.clone().answering(|_, _| answer(true));
    let params = json!({
        "name": "delete", "arguments": arguments,
        "requestState": state, "inputResponses": {"confirm": answer(true)},
    });
    match caller.request("tools/call", params).await {
        Ok(output) => output.text(),
        Err(denial) => denial.message().to_owned(),
    }
}

#[tokio::test]
async fn a_confirmation_of_a_handlers_item_is_bound_and_used_once() {
    let (notes, clock) = (Notes::default(), TestClock::default());
    let server = start(&notes, &clock, builder()).await;
    let alice = alice(&server);
    let params = json!({"name": "delete", "arguments": {"id": "a"}});
    let asking = alice.clone().answering(|_, _| answer(true));
    let asked = asking.request("tools/call", params.clone()).await.unwrap();
    let state = &asked.value()["requestState"];
    let told = confirmed(&alice, json!({"id": "b"}), state).await;
    assert!(told.contains("did not issue"), "{told}");
    let mallory = server.as_caller("mallory").with_scopes(["notes:write"]);
    let told = confirmed(&mallory, json!({"id": "a"}), state).await;
    assert!(told.contains("did not issue"), "{told}");
    let told = confirmed(&server.as_caller("alice"), json!({"id": "a"}), state).await;
    assert!(told.contains("notes:write"), "{told}");
    assert!(notes.take().is_empty());
    assert_eq!(confirmed(&alice, json!({"id": "a"}), state).await, "done");
    let told = confirmed(&alice, json!({"id": "a"}), state).await;
    assert!(told.contains("was used before"), "{told}");
    assert_eq!(notes.take().len(), 1);
    let asked = asking.request("tools/call", params).await.unwrap();
    clock.advance(Duration::from_secs(301));
    let told = confirmed(&alice, json!({"id": "a"}), &asked.value()["requestState"]).await;
    assert!(told.contains("expired"), "{told}");
    // An answer that no question precedes.
    let told = confirmed(&alice, json!({"id": "a"}), &Value::Null).await;
    assert!(told.contains("without"), "{told}");
    assert!(notes.take().is_empty());
}

#[tokio::test]
async fn each_round_of_a_handlers_item_is_authorized() {
    let (notes, clock) = (Notes::default(), TestClock::default());
    let asked = Arc::new(Mutex::new(0));
    let count = Arc::clone(&asked);
    // Allows the question, and denies the run.
    let once = move |call: HandlerCall| {
        let mut asked = count.lock().expect("not poisoned");
        *asked += 1;
        match call.argument::<String>("id")?.as_str() {
            "mine" => Ok(()),
            _ if *asked == 1 => Ok(()),
            _ => Err(AuthorizeError::denied("it is another's now")),
        }
    };
    let server = start(&notes, &clock, builder().authorize_tool("delete", once)).await;
    for revision in REVISIONS {
        let alice = alice(&server).with_revision(revision);
        let yes = alice.answering(|_, _| answer(true));
        *asked.lock().expect("not poisoned") = 0;
        let denied = yes.call("delete", json!({"id": "lent"})).await;
        let is_denied = denied.as_ref().map_or(true, Output::is_error);
        assert!(is_denied, "{revision} {denied:?}");
        assert!(notes.take().is_empty(), "{revision}");
        let deleted = yes.call("delete", json!({"id": "mine"})).await.unwrap();
        assert_eq!(deleted.text(), "done", "{revision}");
        let ran = json!(["delete", {"id": "mine"}, "alice", null, false]);
        assert_eq!(notes.take(), [ran], "{revision}");
        assert_eq!(*asked.lock().expect("not poisoned"), 4, "{revision}");
    }
}

#[tokio::test]
async fn a_handler_cannot_ask_for_input_after_a_confirmation() {
    let (notes, clock) = (Notes::default(), TestClock::default());
    let server = start(&notes, &clock, builder()).await;
    let yes = alice(&server).answering(|_, _| answer(true));
    let refused = yes.call("chat", json!({})).await.unwrap_err();
    let told = refused.message();
    assert!(told.contains("cannot ask for more input"), "{told}");
    assert_eq!(notes.take().len(), 1);
    // An item without a question does what its handler wants.
    let unconfirmed = builder_with_chat(WRITE);
    let server = start(&notes, &clock, unconfirmed).await;
    let yes = alice(&server).answering(|_, _| answer(true));
    let params = json!({"name": "chat", "arguments": {}, "requestState": "own"});
    let asked = yes.request("tools/call", params).await.unwrap();
    assert_eq!(asked.value()["requestState"], "own");
    assert_eq!(notes.take(), [json!(["chat", {}, "alice", "own", false])]);
}

fn builder_with_chat(chat: Access) -> HandlerGateBuilder {
    HandlerGate::builder("notes")
        .without_banner()
        .tool("delete", WRITE)
        .tool("chat", chat)
        .tool("peek", access!(refused).confirm("Peek?"))
        .prompt("letter", WRITE)
        .resource("notes://{id}", WRITE)
}
