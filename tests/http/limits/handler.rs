//! The limits of items of a handler that is written with rmcp.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, GetPromptRequestParams,
        GetPromptResponse, GetPromptResult, ReadResourceRequestParams, ReadResourceResponse,
        ReadResourceResult, ServerCapabilities, ServerConfig,
    },
    service::RequestContext,
    transport::streamable_http_server::StreamableHttpService,
};
use serde_json::json;
use toolgate::{
    Config, access,
    auth::{AuthorizeError, DenialReason},
    gate::{HandlerCall, HandlerGate, Rate},
};
use toolgate_testing::{Denial, TestClock, TestIssuer, TestServer};

/// A handler that counts its runs, and its cancelled runs.
#[derive(Clone, Default)]
struct Desk {
    runs: Arc<AtomicUsize>,
    cancelled: Arc<AtomicUsize>,
}

struct Guard(Arc<AtomicUsize>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Desk {
    async fn work(&self, name: &str) {
        self.runs.fetch_add(1, Ordering::SeqCst);
        if name.contains("slow") {
            let _guard = Guard(Arc::clone(&self.cancelled));
            std::future::pending::<()>().await;
        }
        if name.contains("busy") {
            tokio::time::sleep(Duration::from_millis(400)).await;
        }
    }

    fn runs(&self) -> usize {
        self.runs.swap(0, Ordering::SeqCst)
    }
}

impl ServerHandler for Desk {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder();
        let capabilities = capabilities.enable_prompts().enable_resources();
        ServerConfig::new(capabilities.enable_tools().build())
    }

    async fn call_tool(
        &self,
        call: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        self.work(&call.name).await;
        Ok(CallToolResult::success(Vec::new()).into())
    }

    async fn get_prompt(
        &self,
        get: GetPromptRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        self.work(&get.name).await;
        Ok(GetPromptResult::new(Vec::new()).into())
    }

    async fn read_resource(
        &self,
        read: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        self.work(&read.uri).await;
        Ok(ReadResourceResult::new(Vec::new()).into())
    }
}

fn builder(asked: &Arc<AtomicUsize>) -> toolgate::gate::HandlerGateBuilder {
    let asked = Arc::clone(asked);
    let ask = move |_: HandlerCall| -> Result<(), AuthorizeError> {
        asked.fetch_add(1, Ordering::SeqCst);
        Ok(())
    };
    let slow = access!(scope = "desk:use", timeout = "50ms");
    HandlerGate::builder("desk")
        .without_banner()
        .tool(
            "count",
            access!(scope = "desk:use", rate = "1/min", burst = 2),
        )
        .authorize_tool("count", ask)
        .tool("busy", access!(scope = "desk:use").concurrency(1))
        .tool("slow", slow)
        .prompt(
            "letter",
            access!(scope = "desk:use").rate(Rate::per_minute(2)),
        )
        .prompt("slow_letter", slow)
        .resource("desk://{id}", access!(scope = "desk:use", rate = "2/min"))
        .resource("slow://{id}", slow)
}

async fn start(desk: &Desk, asked: &Arc<AtomicUsize>, clock: &TestClock) -> TestServer {
    TestServer::around(TestIssuer::in_memory(), async |config| {
        let gate = builder(asked).with_clock(clock.clone());
        let gate = gate.build_unseen(config).expect("it starts");
        let desk = desk.clone();
        let service = StreamableHttpService::new(
            gate.guard_each(move || Ok(desk.clone())),
            gate.sessions(),
            gate.transport(),
        );
        gate.router(service)
    })
    .await
}

#[track_caller]
fn assert_limited(denial: &Denial, reason: DenialReason) {
    assert_eq!(
        (denial.status(), denial.reason()),
        (429, Some(reason)),
        "{denial}"
    );
}

#[tokio::test]
async fn the_items_of_a_handler_are_limited_before_they_run() {
    let (desk, asked, clock) = (Desk::default(), Arc::default(), TestClock::default());
    let server = start(&desk, &asked, &clock).await;
    for revision in ["2026-07-28", "2025-11-25"] {
        let alice = server.as_caller(revision).with_scopes(["desk:use"]);
        let alice = alice.with_revision(revision);
        for _ in 0..2 {
            alice.call("count", json!({})).await.unwrap();
            alice.prompt("letter", json!({})).await.unwrap();
            alice.read("desk://1").await.unwrap();
        }
        assert_eq!((desk.runs(), asked.swap(0, Ordering::SeqCst)), (6, 2));
        for refused in [
            alice.call("count", json!({})).await,
            alice.prompt("letter", json!({})).await,
            alice.read("desk://2").await,
        ] {
            assert_limited(&refused.unwrap_err(), DenialReason::RateLimited);
        }
        assert_eq!((desk.runs(), asked.load(Ordering::SeqCst)), (0, 0));
        clock.advance(Duration::from_secs(60));
        alice.call("count", json!({})).await.unwrap();
        assert!(alice.call("count", json!({})).await.is_err());
        desk.runs();
        asked.store(0, Ordering::SeqCst);

        let (first, second) =
            tokio::join!(alice.call("busy", json!({})), alice.call("busy", json!({})));
        let mut both = [first, second];
        both.sort_by_key(Result::is_ok);
        let [refused, done] = both;
        assert!(done.is_ok(), "{done:?}");
        assert_limited(&refused.unwrap_err(), DenialReason::TooManyRunning);
        alice.call("busy", json!({})).await.unwrap();
        assert_eq!(desk.runs(), 2);
    }
}

/// The gate cannot verify a state of the handler, so a request with a state counts like any other.
#[tokio::test]
async fn a_request_with_an_invented_state_counts_for_the_rate() {
    let (desk, asked, clock) = (Desk::default(), Arc::default(), TestClock::default());
    let server = start(&desk, &asked, &clock).await;
    let alice = server.as_caller("alice").with_scopes(["desk:use"]);
    for expected in [true, true, false, false] {
        let params = json!({"name": "count", "arguments": {}, "requestState": "x"});
        let answer = alice.request("tools/call", params).await;
        assert_eq!(answer.is_ok(), expected, "{answer:?}");
    }
    assert_eq!(desk.runs(), 2);
}

#[tokio::test]
async fn a_handler_that_runs_too_long_is_cancelled() {
    let (desk, asked, clock) = (Desk::default(), Arc::default(), TestClock::default());
    let server = start(&desk, &asked, &clock).await;
    for revision in ["2026-07-28", "2025-11-25"] {
        let alice = server.as_caller("alice").with_scopes(["desk:use"]);
        let alice = alice.with_revision(revision);
        let told = alice.call("slow", json!({})).await.unwrap();
        assert!(told.is_error(), "{told:?}");
        assert!(
            told.text().contains("this tool did not finish within 50ms"),
            "{told:?}"
        );
        for (noun, failed) in [
            ("prompt", alice.prompt("slow_letter", json!({})).await),
            ("resource", alice.read("slow://1").await),
        ] {
            let failed = failed.unwrap_err();
            let text = format!("this {noun} did not finish within 50ms");
            assert!(failed.message().contains(&text), "{failed}");
        }
        assert_eq!(desk.cancelled.swap(0, Ordering::SeqCst), 3);
    }
}

#[test]
fn limits_that_no_attribute_checks_are_errors_at_start_up() {
    let limited = access!(scope = "desk:use");
    let gate = HandlerGate::builder("desk")
        .tool("a", limited.rate(Rate::per_minute(0)))
        .tool("b", limited.concurrency(0))
        .tool("c", limited.timeout(Duration::ZERO))
        .tool("d", limited.timeout(Duration::from_secs(86_401)))
        .tool("e", limited.rate(Rate::per_minute(1).with_burst(2_000_000)));
    let config = Config::new("http://127.0.0.1:8000/mcp").with_issuer("http://127.0.0.1:9/issuer");
    let error = gate.build_unseen(config).err().unwrap().to_string();
    for part in [
        "`a` has a rate that allows 0 requests",
        "`b` may run 0 times",
        "`c` has the timeout 0ns",
        "`d` has the timeout 86401s",
        "`e` has a rate that allows 2000000 requests as its burst",
    ] {
        assert!(error.contains(part), "{part}\n{error}");
    }
}
