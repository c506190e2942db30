//! Idle sessions whose service was released, and calls that need none.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use support::{
    client::{Client, HttpResponse, Revision},
    resources_and_prompts,
    running_server::RunningServer,
    tool_server::{self, Runs},
    unsigned_tokens::{ISSUER, UnsignedVerifier},
};
use tokio::{runtime::Handle, sync::Notify};
use toolgate::{Caller, Changes, Context, LogLevel, Server, State, mcp_tool, tools};

use super::{SESSION, token_of};
use crate::{
    client,
    subscriptions::{Stream, subscribe, updated},
};

/// What the tools of a test signal.
#[derive(Clone, Default)]
struct Signals {
    runs: Runs,
    go_on: Arc<Notify>,
}

/// Returns immediately.
#[mcp_tool(scope = "desk:read")]
fn answer() -> &'static str {
    "answered"
}

/// Waits until the test lets it go on.
#[mcp_tool(scope = "desk:read")]
async fn wait(State(signals): State<Signals>) -> String {
    signals.runs.note("begun");
    signals.go_on.notified().await;
    signals.runs.note("ended");
    "waited".to_owned()
}

/// Logs a message of a low and one of a high level.
#[mcp_tool(scope = "desk:read")]
async fn tell(context: Context) -> &'static str {
    context.log(LogLevel::Debug, "quiet").await;
    context.log(LogLevel::Emergency, "loud").await;
    "told"
}

async fn start() -> (RunningServer, Signals) {
    let signals = Signals::default();
    let server = Server::with_state("desk", signals.clone())
        .tools(tools![answer, wait, tell])
        .with_verifier(UnsignedVerifier);
    let running = RunningServer::start(server, |config| config.with_issuer(ISSUER)).await;
    (running, signals)
}

fn tasks() -> usize {
    Handle::current().metrics().num_alive_tasks()
}

/// Waits until at most this many tasks are left.
async fn until_tasks(most: usize) {
    let begun = Instant::now();
    while tasks() > most {
        assert!(
            begun.elapsed() < Duration::from_secs(15),
            "{} tasks",
            tasks()
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Waits until the services of this many sessions have ended. A service ends two seconds after the
/// last request at the earliest; the connections of that request end before.
async fn released(of: usize) {
    tokio::time::sleep(Duration::from_secs(1)).await;
    until_tasks(tasks().saturating_sub(of)).await;
}

fn call(client: &Client, tool: &str) -> (Value, reqwest::RequestBuilder) {
    let message = client.message("tools/call", json!({"name": tool, "arguments": {}}));
    let request = client.post(&message).body(message.to_string());
    (message, request)
}

#[tokio::test]
async fn idle_sessions_have_no_tasks_and_answer_each_kind_of_request() {
    let (running, _) = start().await;
    let first = client(&running, SESSION, "desk:read").await;
    released(1).await;
    let alone = tasks();
    let mut sessions = Vec::new();
    for _ in 0..20 {
        sessions.push(client(&running, SESSION, "desk:read").await);
    }
    assert!(tasks() >= alone + 20, "{} tasks", tasks());
    // Connections of clients are tasks, too.
    until_tasks(alone + 10).await;
    let quiet = tasks();
    for session in &sessions {
        let answer = session.call("answer", json!({})).await;
        assert_eq!(answer.tool_text(), "answered", "{answer:?}");
    }
    assert!(tasks() < quiet + 10, "a plain call needs no service");
    // These restore the service.
    for (session, method) in sessions.iter().zip(["ping", "tools/list"].iter().cycle()) {
        let answer = session.request(method, json!({})).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(answer.json().get("result").is_some(), "{answer:?}");
        assert!(session.call("tell", json!({})).await.text.contains("told"));
    }
    until_tasks(quiet).await;
    let ended = HttpResponse::of(sessions[0].plain(Method::DELETE)).await;
    assert_eq!(ended.status, 204, "{ended:?}");
    for tool in ["answer", "tell"] {
        assert_eq!(sessions[0].call(tool, json!({})).await.status, 404);
        assert_eq!(sessions[1].call(tool, json!({})).await.status, 200);
    }
    drop(first);
}

#[tokio::test]
async fn a_released_session_answers_only_its_caller() {
    let (running, _) = start().await;
    let alice = client(&running, SESSION, "desk:read").await;
    released(1).await;
    let token = token_of(&running.resource(), "mallory", "desk:read");
    let mallory = alice.clone().with_token(token);
    for tool in ["answer", "tell"] {
        assert_eq!(mallory.call(tool, json!({})).await.status, 404);
    }
    let get = mallory.plain(Method::GET);
    let get = get.header("accept", "text/event-stream");
    assert_eq!(HttpResponse::of(get).await.status, 404);
    let unknown = alice.clone().with_session("0190-no-such-session");
    assert_eq!(unknown.call("answer", json!({})).await.status, 404);
    assert_eq!(alice.call("tell", json!({})).await.status, 200);
}

#[tokio::test]
async fn a_restored_session_keeps_its_log_level() {
    let (running, _) = start().await;
    let alice = client(&running, SESSION, "desk:read").await;
    let level = json!({"level": "debug"});
    let set = alice.request("logging/setLevel", level).await;
    assert_eq!(set.json()["result"], json!({}), "{set:?}");
    released(1).await;
    let mut stream = Stream::of_session(&alice).await;
    let mut told = alice.call("tell", json!({})).await.text;
    if !told.contains("loud") {
        stream.until("loud").await;
        told.push_str(&stream.text);
    }
    assert!(told.contains("quiet"), "{told}");
}

#[tokio::test]
async fn a_session_keeps_its_subscriptions_and_learns_which_lists_have_changed() {
    let changes = Changes::new();
    let server = resources_and_prompts::add_all(tool_server::server(&Runs::default()));
    let running = RunningServer::start(server.with_changes(&changes), |config| {
        config.with_issuer(ISSUER)
    })
    .await;
    let subscribed = client(&running, SESSION, "desk:read").await;
    let answer = subscribe(&subscribed, "desk://read").await;
    assert_eq!(answer.json()["result"], json!({}), "{answer:?}");
    let other = client(&running, SESSION, "desk:read").await;
    let early = client(&running, SESSION, "desk:read").await;
    // The service of this session gets the notification, and is released with it.
    changes.switch_off("write").expect("there is one");
    released(2).await;
    changes.switch_off("read").expect("there is one");
    changes.resource_updated("desk://read");
    let mut stream = Stream::of_session(&subscribed).await;
    stream.until(&updated("desk://read")).await;
    for session in [&other, &early] {
        // This restores the service, which is released again.
        assert_eq!(session.request("ping", json!({})).await.status, 200);
    }
    released(2).await;
    for session in [&other, &early] {
        let mut stream = Stream::of_session(session).await;
        stream.until("notifications/tools/list_changed").await;
    }
}

#[tokio::test]
async fn an_event_of_an_earlier_service_resumes_no_stream_of_a_new_one() {
    let (running, signals) = start().await;
    let alice = client(&running, SESSION, "desk:read").await;
    let resume = |id: &str| {
        let get = alice.plain(Method::GET);
        let get = get.header("accept", "text/event-stream");
        HttpResponse::of(get.header("last-event-id", id))
    };
    released(1).await;
    // The first request of the new service has the id 0, as that of the earlier one had.
    let (_, request) = call(&alice, "wait");
    let slow = request.send().await.expect("an answer");
    let resumed = resume("0/0").await;
    assert_eq!(resumed.text, "", "{resumed:?}");
    signals.go_on.notify_one();
    let answer = HttpResponse::of_response(slow).await;
    assert_eq!(answer.tool_text(), "waited", "{answer:?}");
}

#[tokio::test]
async fn requests_at_the_moment_of_a_release_are_all_answered() {
    let (running, _) = start().await;
    let sessions = join_all((0..16).map(|_| client(&running, SESSION, "desk:read"))).await;
    let all_answer = async |number: usize| {
        let session = &sessions[number % sessions.len()];
        // In a session each request needs an id of its own.
        let calls = ["tell", "answer", "tell", "answer"].into_iter().zip(1..);
        let calls = calls.map(|(tool, id)| {
            let (mut message, _) = call(session, tool);
            message["id"] = id.into();
            async move { session.send(&message).await }
        });
        for answer in join_all(calls).await {
            assert_eq!(answer.status, 200, "{answer:?}");
            assert!(answer.text.contains("result"), "{answer:?}");
        }
    };
    // A release begins between two and four seconds after the last request. Each session is
    // asked at another moment of its own.
    for number in 0..100 {
        tokio::time::sleep(Duration::from_millis(if number % 16 == 0 {
            1_900
        } else {
            15
        }))
        .await;
        all_answer(number).await;
    }
}

#[tokio::test]
async fn a_quick_answer_is_one_event_and_a_slow_one_can_be_resumed() {
    let (running, signals) = start().await;
    let alice = client(&running, SESSION, "desk:read").await;
    let quick = alice.call("answer", json!({})).await;
    assert_eq!(quick.text.matches("data:").count(), 1, "{quick:?}");
    for is_released in [false, true] {
        if is_released {
            released(1).await;
        }
        let (_, request) = call(&alice, "wait");
        let mut slow = request.send().await.expect("an answer");
        let first = slow.chunk().await.expect("a stream").expect("an event");
        let first = String::from_utf8_lossy(&first).into_owned();
        let id = first.lines().find_map(|line| line.strip_prefix("id: "));
        let id = id.unwrap_or_else(|| panic!("no id: {first}")).to_owned();
        assert!(first.contains("retry: 3000"), "{first}");
        drop(slow);
        let resume = alice.plain(Method::GET);
        let resume = resume.header("accept", "text/event-stream");
        let resumed = resume.header("last-event-id", &id).send();
        let resumed = resumed.await.expect("an answer");
        signals.go_on.notify_one();
        let resumed = HttpResponse::of_response(resumed).await;
        assert_eq!(resumed.tool_text(), "waited", "{resumed:?}");
    }
    assert_eq!(signals.runs.all(), ["begun", "ended", "begun", "ended"]);
}

#[tokio::test]
async fn a_client_cancels_a_slow_call_of_a_plain_tool() {
    let (running, signals) = start().await;
    let alice = client(&running, SESSION, "desk:read").await;
    let (message, request) = call(&alice, "wait");
    let mut slow = request.send().await.expect("an answer");
    let first = slow.chunk().await.expect("a stream");
    assert!(first.is_some());
    let params = json!({"requestId": message["id"], "reason": "enough"});
    let cancel = json!({
        "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params,
    });
    assert_eq!(alice.send(&cancel).await.status, 202);
    tokio::time::sleep(Duration::from_millis(200)).await;
    signals.go_on.notify_one();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(signals.runs.all(), ["begun"]);
}

/// Returns who called.
#[mcp_tool(authenticated)]
async fn whoami(caller: Caller) -> String {
    tokio::time::sleep(Duration::from_millis(30)).await;
    caller.subject().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_slow_call_runs_for_the_caller_that_was_authorized() {
    let server = Server::new("desk").tools(tools![whoami]);
    let server = server.with_verifier(UnsignedVerifier);
    let running = RunningServer::start(server, |config| config.with_issuer(ISSUER)).await;
    for revision in ["2025-03-26", "2025-06-18", "2025-11-25"] {
        let resource = running.resource();
        let mut sessions = Vec::new();
        for subject in ["alice", "bob"] {
            let token = token_of(&resource, subject, "");
            let client = Client::new(&resource, Revision::Session(revision));
            let mut client = client.with_token(token);
            client.open().await;
            sessions.push((subject, client));
        }
        let calls = sessions.iter().map(|(subject, client)| async move {
            let answer = client.call("whoami", json!({})).await;
            assert_eq!(answer.tool_text(), *subject, "{answer:?}");
        });
        join_all(calls).await;
    }
}
