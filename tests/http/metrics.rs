//! The metrics, as Prometheus scrapes them.

use std::net::SocketAddr;

use serde_json::json;
use support::{
    MockIssuer,
    client::{Client, HttpResponse, Revision},
    running_server::RunningServer,
    server_process::free_address,
    tool_server::{self, Runs},
    unsigned_tokens::ISSUER,
};
use toolgate::{
    Config, Environment,
    policy::{Effect, PolicyDecision, PolicyDecisionPoint, PolicyError, PolicyRequest},
};

use crate::client;

fn config(address: SocketAddr, metrics: SocketAddr) -> Config {
    config_of(address, metrics, ISSUER)
}

fn config_of(address: SocketAddr, metrics: SocketAddr, issuer: &str) -> Config {
    let variables = [
        ("TOOLGATE_BIND", address.to_string()),
        ("TOOLGATE_AUTHORIZATION_SERVERS", issuer.to_owned()),
        ("TOOLGATE_METRICS_BIND", metrics.to_string()),
    ];
    let environment: Environment = variables
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    Config::from_environment(&environment, 9).expect("valid")
}

async fn start() -> (RunningServer, SocketAddr) {
    let metrics = free_address();
    let server = tool_server::server(&Runs::default());
    let running = RunningServer::start_as(server, |address| config(address, metrics)).await;
    // The server runs once it has answered a request.
    client(&running, Revision::Stateless, "").await;
    (running, metrics)
}

async fn scrape(running: &RunningServer, metrics: SocketAddr) -> HttpResponse {
    let client = Client::new(running.resource(), Revision::Stateless);
    client.get(&format!("http://{metrics}/metrics")).await
}

#[tokio::test]
async fn decisions_denials_and_runs_are_counted() {
    let (running, metrics) = start().await;
    let reader = client(&running, Revision::Stateless, "desk:read").await;
    reader.call("read", json!({})).await;
    reader.call("read", json!({})).await;
    reader.call("write", json!({})).await;
    reader.call("explode", json!({})).await;
    reader.clone().without_token().call("read", json!({})).await;
    let answer = scrape(&running, metrics).await;
    assert_eq!(answer.status, 200);
    let media_type = answer.header("content-type").expect("a media type");
    assert!(
        media_type.starts_with("application/openmetrics-text"),
        "{media_type}"
    );
    for line in [
        r#"toolgate_decisions_total{method="tools/call",item="read",outcome="admitted"} 2"#,
        r#"toolgate_decisions_total{method="tools/call",item="write",outcome="insufficient_scope"} 1"#,
        r#"toolgate_denials_total{reason="missing_scope"} 1"#,
        r#"toolgate_denials_total{reason="no_token"} 1"#,
        r#"toolgate_missing_scopes_total{scope="desk:write"} 1"#,
        r#"toolgate_runs_total{method="tools/call",item="read",outcome="ran"} 2"#,
        r#"toolgate_runs_total{method="tools/call",item="explode",outcome="panic"} 1"#,
        "toolgate_panics_total 1",
        "toolgate_runs_in_progress 0",
    ] {
        assert!(
            answer.text.lines().any(|one| one == line),
            "{line}: {}",
            answer.text
        );
    }
}

#[tokio::test]
async fn verifications_keys_sessions_and_streams_are_measured() {
    let issuer = MockIssuer::start().await;
    let metrics = free_address();
    let server = tool_server::unverified_server(&Runs::default());
    let url = issuer.url().to_owned();
    let running =
        RunningServer::start_as(server, |address| config_of(address, metrics, &url)).await;
    let token = issuer.token().audience(&running.resource());
    let token = token.scope("desk:read").build();
    let mut client =
        Client::new(running.resource(), Revision::Session("2025-11-25")).with_token(&*token);
    client.open().await;
    let stream = client.plain(axum::http::Method::GET);
    let stream = stream.header("accept", "text/event-stream");
    let stream = stream.send().await.expect("a stream");
    assert_eq!(stream.status(), 200);
    let forged = client.clone().with_token(format!("{token}A"));
    assert_eq!(forged.call("read", json!({})).await.status, 401);
    let text = scrape(&running, metrics).await.text;
    let value = |name: &str| -> f64 {
        let lines = text.lines().filter_map(|line| line.strip_prefix(name));
        let values = lines.filter_map(|rest| rest.trim().parse().ok());
        values.collect::<Vec<f64>>()[..]
            .first()
            .copied()
            .unwrap_or_else(|| panic!("{name}: {text}"))
    };
    // The handshake, the notification, the stream.
    let hits = value("toolgate_token_cache_hits_total");
    assert!(hits >= 2.0, "{text}");
    assert_eq!(value("toolgate_token_cache_misses_total"), 2.0);
    let timed = "toolgate_verification_seconds_count";
    let labels = |cached: bool, outcome: &str| {
        format!(r#"{timed}{{cached="{cached}",kind="signature",outcome="{outcome}"}}"#)
    };
    assert_eq!(value(&labels(true, "accepted")), hits);
    assert_eq!(value(&labels(false, "accepted")), 1.0);
    assert_eq!(value(&labels(false, "refused")), 1.0);
    let age = value(&format!(r#"toolgate_key_age_seconds{{issuer="{url}"}}"#));
    assert!((0.0..60.0).contains(&age), "{age}");
    assert_eq!(value("toolgate_sessions "), 1.0);
    assert_eq!(value("toolgate_open_streams "), 1.0);
    drop(stream);
    for _ in 0..200 {
        let text = scrape(&running, metrics).await.text;
        if text.lines().any(|line| line == "toolgate_open_streams 0") {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("the stream is still counted");
}

#[tokio::test]
async fn hostile_names_make_no_label() {
    let (running, metrics) = start().await;
    let client = client(&running, Revision::Stateless, "desk:read hostile:scope").await;
    let lines = scrape(&running, metrics).await.text.lines().count();
    for number in 0..50 {
        let name = format!("hostile{number}");
        client.call(&name, json!({})).await;
        client.request(&name, json!({})).await;
        client.request("resources/read", json!({"uri": name})).await;
        client.clone().without_token().call(&name, json!({})).await;
    }
    let text = scrape(&running, metrics).await.text;
    assert!(!text.contains("hostile"), "{text}");
    assert!(text.lines().count() < lines + 20, "{text}");
    assert!(text.contains(r#"item="other""#), "{text}");
}

#[tokio::test]
async fn only_the_metrics_are_at_their_address_and_they_are_nowhere_else() {
    let (running, metrics) = start().await;
    let client = Client::new(running.resource(), Revision::Stateless);
    for path in ["/", "/mcp", "/healthz", "/metrics/", "/docs"] {
        let answer = client.get(&format!("http://{metrics}{path}")).await;
        assert_eq!(answer.status, 404, "{path}");
    }
    let origin = running.resource().replace("/mcp", "");
    let answer = client.get(&format!("{origin}/metrics")).await;
    assert_eq!(answer.status, 404);
}

/// The names of metrics in a text, without what Prometheus adds to a histogram.
fn named(text: &str) -> std::collections::BTreeSet<String> {
    let is_name = |byte: char| byte.is_ascii_lowercase() || byte == '_';
    let words = text.split(|byte| !is_name(byte));
    let ours = words.filter(|word| word.starts_with("toolgate_"));
    ours.map(|word| word.trim_end_matches("_bucket").to_owned())
        .collect()
}

/// Allows everything.
struct Allows;

impl PolicyDecisionPoint for Allows {
    async fn decide(&self, _: &PolicyRequest<'_>) -> Result<PolicyDecision, PolicyError> {
        Ok(PolicyDecision::new(Effect::Allow))
    }
}

#[tokio::test]
async fn the_files_for_deployment_and_the_guide_name_metrics_that_exist() {
    let issuer = MockIssuer::start().await;
    let metrics = free_address();
    let server = tool_server::unverified_server(&Runs::default()).with_decision_point(Allows);
    let running =
        RunningServer::start_as(server, |address| config_of(address, metrics, issuer.url())).await;
    let token = issuer.token().audience(&running.resource());
    let token = token.scope("desk:read").build();
    let reader = Client::new(running.resource(), Revision::Stateless).with_token(token);
    for tool in ["read", "write"] {
        reader.call(tool, json!({})).await;
    }
    let text = scrape(&running, metrics).await.text;
    let answers = r#"toolgate_policy_seconds_count{outcome="allowed"} 1"#;
    assert!(text.contains(answers), "{text}");
    let exported = named(&text);
    let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs");
    for file in [
        "deploy/prometheus/alerts.yml",
        "deploy/prometheus/dashboard.json",
        "src/operating/observe.md",
    ] {
        let text = std::fs::read_to_string(format!("{docs}/{file}")).expect(file);
        let mut used = named(&text);
        used.remove("toolgate_audit");
        assert!(used.len() > 5, "{file}: {used:?}");
        let missing: Vec<_> = used.difference(&exported).collect();
        assert!(
            missing.is_empty(),
            "{file}: {missing:?}, not among {exported:?}"
        );
    }
}

#[tokio::test]
async fn an_address_that_is_in_use_stops_the_start() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let metrics = taken.local_addr().expect("an address");
    let server = tool_server::server(&Runs::default());
    let error = server
        .into_router(config(free_address(), metrics))
        .expect_err("in use");
    let text = error.to_string();
    assert!(
        text.contains(&format!("the metrics cannot be served at {metrics}")),
        "{text}"
    );
}
