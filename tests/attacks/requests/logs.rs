//! The log of a server, at the finest level and including every library.

use std::{
    io::Write,
    sync::{Arc, Mutex, OnceLock},
};

use serde_json::json;
use support::{
    MockIssuer, SigningKey, TokenBuilder,
    captured_log::CapturedLog,
    client::{Client, HttpResponse, Revision},
    resources_and_prompts,
    running_server::RunningServer,
    tool_server::{self, Runs},
};
use tokio::sync::oneshot;
use toolgate::{
    Changes, Server,
    issuer::{ClientAuthentication, Introspection, Issuer},
};
use tracing::{Dispatch, subscriber::NoSubscriber};
use tracing_subscriber::{filter::Targets, layer::SubscriberExt};

mod audit;
mod conditions;
mod line_lengths;
mod rounds;
mod startup;
mod token_exchange;

const SECRET: &str = "the-secret-of-the-client";
const OPAQUE: &str = "an-opaque-token-of-alice";

/// Collects records of libraries that use the crate `log`.
struct Records;

static RECORDS: OnceLock<Mutex<Vec<(std::thread::ThreadId, String)>>> = OnceLock::new();

impl log::Log for Records {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let line = format!("{} {} {}", record.level(), record.target(), record.args());
        let mut all = RECORDS
            .get_or_init(Mutex::default)
            .lock()
            .expect("not poisoned");
        all.push((std::thread::current().id(), line));
    }

    fn flush(&self) {}
}

/// A server on its own thread. It captures the log lines of the server, but not of its clients.
struct Logged {
    log: CapturedLog,
    resource: String,
    stop: oneshot::Sender<()>,
    thread: std::thread::JoinHandle<()>,
}

impl Logged {
    async fn start(issuer: Issuer, directives: &'static str) -> Self {
        let server =
            resources_and_prompts::add_all(tool_server::unverified_server(&Runs::default()));
        let server = server.with_changes(&Changes::new());
        Self::start_server(server, issuer, directives).await
    }

    async fn start_server<S>(server: Server<S>, issuer: Issuer, directives: &'static str) -> Self
    where
        S: Clone + Send + Sync + 'static,
    {
        Self::start_writing(server, issuer, directives, |log| Box::new(log)).await
    }

    /// Starts the same, with another writer in between.
    async fn start_writing<S>(
        server: Server<S>,
        issuer: Issuer,
        directives: &'static str,
        through: impl Fn(CapturedLog) -> Box<dyn Write> + Send + Sync + 'static,
    ) -> Self
    where
        S: Clone + Send + Sync + 'static,
    {
        // With a single subscriber, a thread without a subscriber can disable an event for all
        // threads, because `tracing` caches that decision.
        static OTHER: OnceLock<Dispatch> = OnceLock::new();
        OTHER.get_or_init(|| Dispatch::new(NoSubscriber::default()));
        let _ = log::set_logger(&Records);
        log::set_max_level(log::LevelFilter::Trace);
        let log = CapturedLog::default();
        let writer = log.clone();
        let (stop, stopped) = oneshot::channel::<()>();
        let (started, resource) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let subscriber = tracing_subscriber::fmt()
                .with_max_level(tracing::Level::TRACE)
                .with_ansi(false)
                .with_writer(move || through(writer.clone()))
                .finish()
                .with(directives.parse::<Targets>().expect("directives"));
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            tracing::subscriber::with_default(subscriber, || {
                runtime.block_on(async {
                    let running =
                        RunningServer::start(server, |config| config.with_issuer(issuer)).await;
                    let _ = started.send(running.resource());
                    let _ = stopped.await;
                    running.stopped().await;
                });
            });
        });
        Self {
            log,
            resource: resource.await.expect("it starts"),
            stop,
            thread,
        }
    }

    /// Returns all lines until the server stopped, and the records of libraries that use the
    /// crate `log`.
    fn end(self) -> (Vec<String>, Vec<String>) {
        let id = self.thread.thread().id();
        let _ = self.stop.send(());
        self.thread.join().expect("it does not panic");
        let mut others = Vec::new();
        if let Some(records) = RECORDS.get() {
            let records = records.lock().expect("not poisoned");
            let theirs = records.iter().filter(|(thread, _)| *thread == id);
            others.extend(theirs.map(|(_, line)| line.clone()));
        }
        (self.log.lines(), others)
    }
}

/// Builds a request over HTTP/2 only.
fn http2(client: &Client, message: &serde_json::Value) -> reqwest::RequestBuilder {
    let request = client.post(message).body(message.to_string()).build();
    let http = reqwest::Client::builder()
        .http2_prior_knowledge()
        .build()
        .expect("an HTTP client");
    reqwest::RequestBuilder::from_parts(http, request.expect("a request"))
}

#[tokio::test]
async fn no_token_and_no_secret_is_in_any_line_at_any_level() {
    let issuer = MockIssuer::start().await;
    let authentication = ClientAuthentication::basic("desk", SECRET);
    let introspection = Introspection::new(authentication);
    let trusted = Issuer::new(issuer.url()).with_introspection(introspection);
    let logged = Logged::start(trusted, "trace").await;
    let good = issuer.token().audience(&logged.resource).scope("desk:read");
    let good = good.build();
    let forged = issuer
        .token()
        .audience(&logged.resource)
        .signature(b"no")
        .build();
    issuer.know(OPAQUE, issuer.active(&logged.resource, "desk:read"));
    let unknown = "a-token-that-nobody-knows";
    for token in [&*good, &*forged, OPAQUE, unknown] {
        for revision in [Revision::Stateless, Revision::Session("2025-11-25")] {
            let mut client = Client::new(&*logged.resource, revision).with_token(token);
            client.initialize().await;
            for (tool, arguments) in [
                ("read", json!({})),
                ("slow", json!({"millis": 1})),
                ("write", json!({})),
            ] {
                client.call(tool, arguments.clone()).await;
                let message =
                    client.message("tools/call", json!({"name": tool, "arguments": arguments}));
                HttpResponse::of(http2(&client, &message)).await;
                let twice = client.post(&message).bearer_auth(token);
                HttpResponse::of(twice.body(message.to_string())).await;
            }
            HttpResponse::of(client.plain(reqwest::Method::DELETE)).await;
        }
        let query = format!("{}?access_token={token}", logged.resource);
        Client::new(query, Revision::Stateless)
            .call("read", json!({}))
            .await;
    }
    // The token with its proof; each proof is used once.
    let key = Arc::new(SigningKey::p256("client"));
    let bound = issuer.token().audience(&logged.resource).scope("desk:read");
    let bound = bound.bound_to(&key).build();
    let client = Client::new(&*logged.resource, Revision::Stateless).with_token(&bound);
    let client = client.with_key(&key);
    let message = client.message("tools/call", json!({"name": "read", "arguments": {}}));
    let proof = TokenBuilder::proof(&key, "POST", &logged.resource).about(&bound);
    let proof = proof.build();
    for credentials in ["DPoP", "Bearer"] {
        let request = client.clone().without_token().post(&message);
        let request = request
            .header("authorization", format!("{credentials} {bound}"))
            .header("dpop", &proof);
        HttpResponse::of(request.body(message.to_string())).await;
    }
    assert_eq!(client.send(&message).await.status, 200);
    HttpResponse::of(http2(&client, &message)).await;
    let (mut lines, records) = logged.end();
    lines.extend(records);
    for needed in ["rmcp", "h2::", "toolgate::audit", "admitted", "reqwest"] {
        assert!(lines.iter().any(|line| line.contains(needed)), "{needed}");
    }
    let basic = "ZGVzazp0aGUtc2VjcmV0LW9mLXRoZS1jbGllbnQ";
    let parts = good.split('.').chain(forged.split('.'));
    let parts = parts.chain(bound.split('.')).chain(proof.split('.'));
    let secrets: Vec<_> = parts
        .chain([OPAQUE, unknown, SECRET, basic])
        .filter(|part| part.len() > 8)
        .collect();
    for line in &lines {
        for secret in &secrets {
            assert!(!line.contains(secret), "{secret}: {line}");
        }
    }
}

/// The examples' default log directives.
const USUAL: &str = "warn,toolgate=info";

#[tokio::test]
async fn no_line_is_longer_than_8_kib_or_written_by_a_sender() {
    let issuer = MockIssuer::start().await;
    let logged = Logged::start(Issuer::new(issuer.url()), USUAL).await;
    // Characters with the longest escapes.
    let long = format!("\n{}\n", "\u{e0001}".repeat(3000));
    let named = "\u{e0001}".repeat(900);
    let injected = "\n2026-01-01T00:00:00Z INFO forged: decision=\"admitted\"\n";
    let token = issuer
        .token()
        .audience(&logged.resource)
        .scope("desk:read desk:write");
    let token = token
        .claim("sub", json!(named))
        .claim("client_id", json!(named))
        .build();
    let forged = issuer
        .token()
        .header("kid", json!(named))
        .claim("iss", json!(named))
        .build();
    for revision in [Revision::Stateless, Revision::Session("2025-11-25")] {
        let mut client = Client::new(&*logged.resource, revision).with_token(token.clone());
        client.open().await;
        let strange = client.clone().with_token(forged.clone());
        strange.call("read", json!({})).await;
        for text in [&*long, injected] {
            for (method, params) in [
                ("tools/call", json!({"name": text, "arguments": {}})),
                (
                    "tools/call",
                    json!({"name": "echo", "arguments": {text: text}}),
                ),
                (
                    "tools/call",
                    json!({"name": "slow", "arguments": {"millis": text}}),
                ),
                ("tools/list", json!({"cursor": text})),
                (text, json!({})),
                ("resources/read", json!({"uri": text})),
                (
                    "resources/read",
                    json!({"uri": format!("desk://both/{text}")}),
                ),
                (
                    "resources/read",
                    json!({"uri": format!("desk://{}", text.chars().take(40).collect::<String>())}),
                ),
                ("resources/subscribe", json!({"uri": text})),
                (
                    "subscriptions/listen",
                    json!({"notifications": {"resourceSubscriptions": [text, 7]}}),
                ),
                (
                    "completion/complete",
                    json!({"ref": {"type": "ref/resource", "uri": text}, "argument": {"name": text, "value": text}}),
                ),
                (
                    "completion/complete",
                    json!({"ref": {"type": "ref/prompt", "name": "read"}, "argument": {"name": text, "value": text}}),
                ),
                ("prompts/get", json!({"name": text})),
                (
                    "prompts/get",
                    json!({"name": "read", "arguments": {text: text}}),
                ),
                (
                    "initialize",
                    json!({"protocolVersion": text, "capabilities": {}, "clientInfo": {"name": text, "version": text}}),
                ),
                (
                    "initialize",
                    json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": text, "version": text}}),
                ),
            ] {
                for id in [json!(1), json!(text)] {
                    let mut message = client.message(method, params.clone());
                    message["id"] = id;
                    // The headers cannot contain such a text.
                    let headers = client.message("tools/list", json!({}));
                    {
                        HttpResponse::of(client.post(&headers).body(message.to_string())).await;
                        let plain = reqwest::Client::new().post(&logged.resource);
                        let plain = plain
                            .bearer_auth(&token)
                            .header("content-type", "application/json");
                        let plain = plain.header("accept", "application/json, text/event-stream");
                        HttpResponse::of(
                            plain
                                .header("mcp-protocol-version", "2025-11-25")
                                .body(message.to_string()),
                        )
                        .await;
                    }
                    let mut notification = message.clone();
                    notification
                        .as_object_mut()
                        .expect("an object")
                        .remove("id");
                    HttpResponse::of(client.post(&headers).body(notification.to_string())).await;
                    let reply = json!({"jsonrpc": "2.0", "id": message["id"], "error": {"code": 1, "message": text}});
                    HttpResponse::of(client.post(&headers).body(reply.to_string())).await;
                }
            }
        }
    }
    for name in [
        "mcp-protocol-version",
        "mcp-session-id",
        "origin",
        "host",
        "last-event-id",
        "mcp-name",
    ] {
        let client = Client::new(&*logged.resource, Revision::Stateless).with_token(token.clone());
        let message = client.message("tools/call", json!({"name": "read", "arguments": {}}));
        let request = client.post(&message).body(message.to_string()).build();
        let mut request = request.expect("a request");
        request
            .headers_mut()
            .insert(name, "a".repeat(20_000).parse().expect("a value"));
        let _ = reqwest::Client::new().execute(request).await;
    }
    let (lines, _) = logged.end();
    assert!(lines.iter().any(|line| line.contains("admitted")));
    for line in &lines {
        let start: String = line.chars().take(300).collect();
        assert!(line.len() <= 8192, "{} bytes: {start}", line.len());
        assert!(
            line.starts_with("20") && !line.starts_with("2026-01-01"),
            "{start}"
        );
    }
}
