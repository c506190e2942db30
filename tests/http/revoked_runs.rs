//! What runs already when its token is revoked.

use std::time::{Duration, Instant};

use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ListToolsResult,
        PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
    },
    service::RequestContext,
    transport::streamable_http_server::StreamableHttpService,
};
use serde_json::{Map, Value, json};
use support::{
    client::{Client, HttpResponse, Revision},
    observed::{Event, Observed},
    running_server::RunningServer,
    tool_server::Runs,
    unsigned_tokens::{self, ISSUER, UnsignedVerifier},
};
use tokio::{net::TcpListener, time::sleep};
use toolgate::{
    __private::RunOutcome,
    Caller, Config, Context, Server, State, access,
    auth::AuthorizeError,
    gate::HandlerGate,
    mcp_prompt, mcp_resource, mcp_tool, prompts, resources,
    store::{Revocations, Revoked},
    tools,
};

/// Longer than any of these tests.
const LONG: Duration = Duration::from_secs(60);

/// Records when a run is dropped.
struct Running(Runs);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.note("dropped");
    }
}

async fn work(runs: Runs) -> String {
    let _running = Running(runs.clone());
    runs.note("started");
    sleep(LONG).await;
    runs.note("finished")
}

/// Works, without rmcp.
#[mcp_tool(scope = "desk:read")]
async fn plain(State(runs): State<Runs>) -> String {
    work(runs).await
}

/// Works, in rmcp's execution path. It ignores that its call is cancelled.
#[mcp_tool(scope = "desk:read")]
async fn with_context(_context: Context, State(runs): State<Runs>) -> String {
    work(runs).await
}

/// Decides slowly.
async fn slowly(_: &Caller, State(runs): &State<Runs>) -> Result<(), AuthorizeError> {
    runs.note("started");
    sleep(Duration::from_millis(300)).await;
    Ok(())
}

/// Runs after a slow decision.
#[mcp_tool(scope = "desk:read", authorize = slowly)]
fn decided(State(runs): State<Runs>) -> String {
    runs.note("ran")
}

/// Is long.
#[mcp_resource(uri = "desk://long", scope = "desk:read")]
async fn long(State(runs): State<Runs>) -> String {
    work(runs).await
}

/// Is written slowly.
#[mcp_prompt(scope = "desk:read")]
async fn letter(State(runs): State<Runs>) -> String {
    work(runs).await
}

/// A server, and what has run.
struct Fixture {
    running: RunningServer,
    runs: Runs,
    revocations: Revocations,
    observed: std::sync::Arc<Observed>,
}

impl Fixture {
    async fn start() -> Self {
        let (runs, revocations, observed) = (Runs::default(), Revocations::new(), Observed::new());
        let server = Server::with_state("desk", runs.clone())
            .tools(tools![plain, with_context, decided])
            .resources(resources![long])
            .prompts(prompts![letter])
            .with_verifier(UnsignedVerifier)
            .with_revocations(&revocations)
            .with_observer(observed.clone())
            .without_banner();
        Self {
            running: RunningServer::start(server, |config| config.with_issuer(ISSUER)).await,
            runs,
            revocations,
            observed,
        }
    }

    async fn client(&self, revision: Revision, id: &str) -> Client {
        client(&self.running.resource(), revision, id).await
    }
}

/// Returns a client whose token has this `jti`.
async fn client(resource: &str, revision: Revision, id: &str) -> Client {
    let mut claims = unsigned_tokens::claims(resource, "desk:read");
    claims["jti"] = id.into();
    let client = Client::new(resource, revision).with_token(unsigned_tokens::token(&claims));
    let mut client = client;
    client.open().await;
    client
}

async fn until(runs: &Runs, what: &str) {
    let start = Instant::now();
    while !runs.all().contains(&what) {
        assert!(
            start.elapsed() < Duration::from_secs(5),
            "not {what}: {runs:?}"
        );
        sleep(Duration::from_millis(5)).await;
    }
}

async fn revoke(revocations: &Revocations, id: &str) {
    let revoked = Revoked::token(ISSUER, id);
    revocations.revoke(revoked, None).await.expect("it runs");
}

/// Sends a request, revokes its token once it runs, and returns the answer.
async fn revoked_while_it_runs(
    sending: impl Future<Output = HttpResponse>,
    (runs, revocations, id): (&Runs, &Revocations, &str),
) -> HttpResponse {
    let revoking = async {
        until(runs, "started").await;
        revoke(revocations, id).await;
    };
    let both = async { tokio::join!(sending, revoking).0 };
    let answer = tokio::time::timeout(Duration::from_secs(5), both).await;
    answer.expect("the stream of the call ends")
}

#[tokio::test]
async fn a_running_request_of_a_revoked_token_is_cancelled_in_every_execution_path() {
    let fixture = Fixture::start().await;
    let mut number = 0;
    for revision in [Revision::Stateless, Revision::Session("2025-11-25")] {
        for (method, params) in [
            ("tools/call", json!({"name": "plain", "arguments": {}})),
            (
                "tools/call",
                json!({"name": "with_context", "arguments": {}}),
            ),
            ("resources/read", json!({"uri": "desk://long"})),
            ("prompts/get", json!({"name": "letter"})),
        ] {
            number += 1;
            let id = format!("token-{number}");
            let what = format!("{} {params}", revision.name());
            let client = fixture.client(revision, &id).await;
            fixture.runs.forget();
            fixture.observed.take();
            let sending = client.request(method, params);
            let revoked = (&fixture.runs, &fixture.revocations, &*id);
            let answer = revoked_while_it_runs(sending, revoked).await;
            assert!(
                answer.text.contains("access token was revoked"),
                "{what}: {answer:?}"
            );
            until(&fixture.runs, "dropped").await;
            assert_eq!(fixture.runs.all(), ["started", "dropped"], "{what}");
            let ends = || {
                let ended = |event: &Event| match event {
                    Event::Outcome {
                        outcome, reason, ..
                    } => Some((*outcome, *reason)),
                    Event::Decision { .. } => None,
                };
                fixture.observed.take().iter().find_map(ended)
            };
            let start = Instant::now();
            let end = loop {
                match ends() {
                    Some(end) => break end,
                    None => assert!(start.elapsed() < Duration::from_secs(5), "{what}"),
                }
                sleep(Duration::from_millis(5)).await;
            };
            assert_eq!(
                end,
                (RunOutcome::Cancelled, Some("token_revoked")),
                "{what}"
            );
            let again = client.call("plain", json!({})).await;
            assert_eq!(again.status, 401, "{what}: {again:?}");
        }
    }
}

#[tokio::test]
async fn a_call_in_a_session_whose_client_has_left_ends_when_its_token_is_revoked() {
    let fixture = Fixture::start().await;
    for tool in ["plain", "with_context"] {
        let client = fixture.client(Revision::Session("2025-11-25"), tool).await;
        fixture.runs.forget();
        let call = client.call(tool, json!({}));
        tokio::select! {
            () = until(&fixture.runs, "started") => {}
            answer = call => panic!("{answer:?}"),
        }
        // Longer than the gate waits before the session takes the call over.
        sleep(Duration::from_millis(50)).await;
        assert_eq!(fixture.runs.all(), ["started"], "{tool}");
        revoke(&fixture.revocations, tool).await;
        until(&fixture.runs, "dropped").await;
        assert_eq!(fixture.runs.all(), ["started", "dropped"], "{tool}");
    }
}

#[tokio::test]
async fn a_request_whose_token_is_revoked_while_it_is_authorized_does_not_run() {
    let fixture = Fixture::start().await;
    for (revision, id) in [
        (Revision::Stateless, "one"),
        (Revision::Session("2025-11-25"), "two"),
    ] {
        let client = fixture.client(revision, id).await;
        fixture.runs.forget();
        let sending = client.call("decided", json!({}));
        let answer = revoked_while_it_runs(sending, (&fixture.runs, &fixture.revocations, id));
        let answer = answer.await;
        assert!(
            answer.text.contains("access token was revoked"),
            "{answer:?}"
        );
        assert_eq!(fixture.runs.all(), ["started"]);
    }
}

#[tokio::test]
async fn a_request_of_another_token_runs_on() {
    let fixture = Fixture::start().await;
    let client = fixture.client(Revision::Stateless, "good").await;
    let call = client.call("with_context", json!({}));
    let revoking = async {
        until(&fixture.runs, "started").await;
        revoke(&fixture.revocations, "bad").await;
        sleep(Duration::from_millis(50)).await;
    };
    tokio::select! {
        () = revoking => {}
        answer = call => panic!("{answer:?}"),
    }
    assert_eq!(fixture.runs.all()[0], "started");
}

/// A handler of rmcp's own, whose only tool works.
#[derive(Clone, Default)]
struct Handler(Runs);

impl ServerHandler for Handler {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let tool = Tool::new("work", "Works.", Map::<String, Value>::new());
        Ok(ListToolsResult::with_all_items(vec![tool]))
    }

    async fn call_tool(
        &self,
        _: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let text = work(self.0.clone()).await;
        Ok(CallToolResult::success(vec![ContentBlock::text(text)]).into())
    }
}

#[tokio::test]
async fn a_handler_behind_a_gate_is_cancelled_when_the_token_is_revoked() {
    let (handler, revocations) = (Handler::default(), Revocations::new());
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let resource = format!("http://{address}/mcp");
    let config = Config::new(resource.clone()).with_bind(address);
    let gate = HandlerGate::builder("desk")
        .without_banner()
        .tool("work", access!(scope = "desk:read"))
        .with_verifier(UnsignedVerifier)
        .with_revocations(&revocations);
    let gate = gate
        .build(config.with_issuer(ISSUER), handler.clone())
        .await;
    let gate = gate.expect("valid");
    let served = handler.clone();
    let service = StreamableHttpService::new(
        gate.guard_each(move || Ok(served.clone())),
        gate.sessions(),
        gate.transport(),
    );
    let router = gate.router(service);
    tokio::spawn(async move { axum::serve(listener, router).await });
    for (revision, id) in [
        (Revision::Stateless, "one"),
        (Revision::Session("2025-11-25"), "two"),
    ] {
        let client = client(&resource, revision, id).await;
        handler.0.forget();
        let sending = client.call("work", json!({}));
        let answer = revoked_while_it_runs(sending, (&handler.0, &revocations, id)).await;
        assert!(
            answer.text.contains("access token was revoked"),
            "{answer:?}"
        );
        until(&handler.0, "dropped").await;
        assert_eq!(handler.0.all(), ["started", "dropped"]);
    }
}
