//! The fast path and rmcp give the same response, for tool calls and lists.
//!
//! A fully valid request takes the fast path. With a parameter on its media type the same
//! message is equally valid, but goes through rmcp. So each generated request is sent twice,
//! and the responses and the tools that ran are compared.

mod request;
mod tools;

use std::collections::BTreeMap;

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use reqwest::header::HeaderValue;
use support::{
    client::{Client, Revision},
    running_server::RunningServer,
    tool_server::Runs,
    unsigned_tokens,
};
use toolgate::Server;

use request::{Case, OF_SESSIONS, VERSION, case, case_of_older};

/// The number of generated requests.
const CASES: u32 = 1_000;

/// The response, and what ran.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Outcome {
    status: u16,
    headers: BTreeMap<String, Vec<String>>,
    body: String,
    ran: Vec<&'static str>,
}

/// A running desk.
struct World {
    running: RunningServer,
    runs: Runs,
    http: reqwest::Client,
    /// The revision of the requests, unless they deviate.
    version: &'static str,
    /// The session of the requests, if they use one.
    session: Option<String>,
}

impl World {
    async fn new() -> Self {
        Self::of(VERSION, tools::server).await
    }

    /// Starts the same in an older revision without sessions.
    async fn without_sessions() -> Self {
        Self::of(OF_SESSIONS, |runs| tools::server(runs).without_sessions()).await
    }

    async fn of(version: &'static str, server: impl Fn(&Runs) -> Server<Runs>) -> Self {
        let runs = Runs::default();
        let server = server(&runs);
        let running =
            RunningServer::start(server, |config| config.with_issuer(unsigned_tokens::ISSUER))
                .await;
        Self {
            running,
            runs,
            http: reqwest::Client::new(),
            version,
            session: None,
        }
    }

    /// Starts the same with every request in one session.
    async fn in_session() -> Self {
        let mut world = Self::of(OF_SESSIONS, tools::server).await;
        let claims = unsigned_tokens::claims(&world.running.resource(), "read write");
        let mut client = Client::new(world.running.resource(), Revision::Session(OF_SESSIONS))
            .with_token(unsigned_tokens::token(&claims));
        client.open().await;
        world.session = client.session().map(str::to_owned);
        assert!(world.session.is_some());
        world
    }

    /// Sends a request with this media type.
    async fn send(&self, case: &Case, kind: &'static str) -> Outcome {
        let mut request = self
            .http
            .post(self.running.resource())
            .body(format!("{0}{1}{0}", case.space, case.message))
            .build()
            .expect("a request");
        let method = case.message["method"].as_str().unwrap_or_default();
        let name = case.message["params"]["name"].as_str();
        let headers = request.headers_mut();
        headers.insert("content-type", HeaderValue::from_static(kind));
        let mut usual = vec![
            ("accept", "application/json, text/event-stream"),
            ("mcp-protocol-version", self.version),
        ];
        if self.version == VERSION {
            usual.push(("mcp-method", method));
            usual.extend(name.map(|name| ("mcp-name", name)));
        }
        usual.extend(
            self.session
                .iter()
                .map(|id| ("mcp-session-id", id.as_str())),
        );
        for (name, value) in usual {
            // A name that a header cannot hold is skipped.
            if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
                headers.insert(name, value);
            }
        }
        if let Some(token) = &case.token {
            let value = format!("Bearer {token}").parse().expect("a value");
            headers.insert("authorization", value);
        }
        for (name, value) in &case.headers {
            match value {
                Some(value) => headers.insert(*name, value.parse().expect("a value")),
                None => headers.remove(*name),
            };
        }
        if let Some((name, value)) = &case.twice {
            headers.append(*name, value.parse().expect("a value"));
        }
        let before = self.runs.all().len();
        let response = self.http.execute(request).await.expect("an answer");
        let mut told = BTreeMap::<_, Vec<_>>::new();
        for (name, value) in response.headers() {
            // The `date` header may differ, and whether a stream of events was complete when it
            // was written.
            let is_length = ["content-length", "transfer-encoding"].contains(&name.as_str());
            if name != "date" && !(is_length && self.session.is_some()) {
                let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                told.entry(name.to_string()).or_default().push(value);
            }
        }
        Outcome {
            status: response.status().as_u16(),
            headers: told,
            body: without_event_ids(&response.text().await.expect("text")),
            ran: self.runs.all().split_off(before),
        }
    }
}

/// A session numbers its events.
fn without_event_ids(text: &str) -> String {
    let lines = text.split('\n').filter(|line| {
        let number = line.strip_prefix("id: ").and_then(|id| id.split_once('/'));
        !number.is_some_and(|(index, stream)| {
            [index, stream]
                .iter()
                .all(|part| part.parse::<u32>().is_ok())
        })
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn whatever_is_sent_both_ways_answer_alike() {
    agree(World::new(), case);
}

#[test]
fn whatever_is_sent_without_sessions_both_ways_answer_alike() {
    agree(World::without_sessions(), case_of_older);
}

#[test]
fn whatever_is_sent_in_a_session_both_ways_answer_alike() {
    agree(World::in_session(), case_of_older);
}

fn agree<S: Strategy<Value = Case>>(
    world: impl Future<Output = World>,
    cases: impl FnOnce(String) -> S,
) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let world = runtime.block_on(world);
    let mut runner = TestRunner::new(Config {
        cases: CASES,
        failure_persistence: None,
        ..Config::default()
    });
    let agree = |case: Case| {
        let (short, long) = runtime.block_on(async {
            let short = world.send(&case, "application/json").await;
            let long = world.send(&case, "application/json; charset=utf-8").await;
            (short, long)
        });
        prop_assert_eq!(&short, &long);
        prop_assert!(short.status < 500, "{:?}", short);
        Ok(())
    };
    runner
        .run(&cases(world.running.resource()), agree)
        .unwrap_or_else(|error| panic!("{error}"));
    // Checks the generator: one that generates only valid or only invalid requests would test
    // nothing.
    let (sent, ran) = (2 * CASES as usize, world.runs.all().len());
    assert!((sent / 8..sent * 7 / 8).contains(&ran), "{ran} of {sent}");
}
