//! Requests without a valid token, by the address of the client.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use serde_json::json;
use support::{
    IssuerResponse, MockIssuer,
    client::{Client, HttpResponse, Revision},
    observed::{Event, Observed},
    running_server::RunningServer,
    tool_server::Runs,
    unsigned_tokens,
};
use toolgate::{
    Config, Server, State,
    auth::DenialReason,
    gate::Rate,
    issuer::{ClientAuthentication, Introspection, Issuer},
    mcp_tool, tools,
};

use super::{BEGINNING, assert_limited, client_of, members, start};

/// Needs a token.
#[mcp_tool(scope = "desk:use")]
fn one(State(runs): State<Runs>) -> String {
    runs.note("one")
}

fn server() -> Server<Runs> {
    Server::with_state("desk", Runs::default()).tools(tools![one])
}

/// Trusts a proxy on this machine, which sends the addresses of the clients.
fn behind_proxy(config: Config) -> Config {
    config.with_trusted_proxies(["127.0.0.1", "10.0.0.0/8"])
}

/// Calls the tool with headers as the proxy sends them.
async fn call_from(client: &Client, headers: &[(&str, &str)]) -> HttpResponse {
    let message = client.message("tools/call", json!({"name": "one", "arguments": {}}));
    let mut request = client.post(&message);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    HttpResponse::of(request.body(message.to_string())).await
}

const FORWARDED: &str = "x-forwarded-for";

#[tokio::test]
async fn one_address_without_a_token_is_limited_and_no_other() {
    let (running, clock) = start(server(), |config| {
        behind_proxy(config).with_unauthenticated_rate(Rate::per_hour(3))
    })
    .await;
    let stranger = Client::new(running.resource(), Revision::Stateless);
    for _ in 0..3 {
        let answer = call_from(&stranger, &[(FORWARDED, "192.0.2.1")]).await;
        assert_eq!(answer.status, 401, "{answer:?}");
    }
    for _ in 0..2 {
        let answer = call_from(&stranger, &[(FORWARDED, "192.0.2.1")]).await;
        assert_limited(&answer, DenialReason::RateLimited, 1200);
        // The body was not read, so the id of the JSON-RPC request is unknown.
        assert_eq!(answer.json().get("jsonrpc"), None, "{answer:?}");
        assert_eq!(answer.json()["error"], "rate_limited");
    }
    for method in [reqwest::Method::GET, reqwest::Method::DELETE] {
        let request = stranger.plain(method).header(FORWARDED, "192.0.2.1");
        assert_limited(
            &HttpResponse::of(request).await,
            DenialReason::RateLimited,
            1200,
        );
    }
    // Another address is not limited, and neither is a caller with a token at the same address.
    let answer = call_from(&stranger, &[(FORWARDED, "192.0.2.2")]).await;
    assert_eq!(answer.status, 401, "{answer:?}");
    let alice = client_of(&running, Revision::Stateless, "alice").await;
    for _ in 0..10 {
        let answer = call_from(&alice, &[(FORWARDED, "192.0.2.1")]).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    clock.advance(Duration::from_secs(1200));
    let answer = call_from(&stranger, &[(FORWARDED, "192.0.2.1")]).await;
    assert_eq!(answer.status, 401, "{answer:?}");
}

/// An attacker who could choose the address could lock out its owner, or have no limit.
#[tokio::test]
async fn a_client_cannot_choose_its_address() {
    let (running, _) = start(server(), |config| {
        behind_proxy(config).with_unauthenticated_rate(Rate::per_hour(2))
    })
    .await;
    let stranger = Client::new(running.resource(), Revision::Stateless);
    // The proxy appends the address of its peer to the header of the client.
    for (number, expected) in [(1, 401), (2, 401), (3, 429), (4, 429)] {
        let value = format!("192.0.2.{number}, 203.0.113.9");
        let answer = call_from(&stranger, &[(FORWARDED, &value)]).await;
        assert_eq!(answer.status, expected, "{answer:?}");
    }
    // Requests with both headers count for the proxy.
    for (number, expected) in [(1, 401), (2, 401), (3, 429), (4, 429)] {
        let own = format!("for=198.51.100.{number}");
        let sent = [("forwarded", &*own), (FORWARDED, "203.0.113.10")];
        assert_eq!(call_from(&stranger, &sent).await.status, expected);
    }
    for number in 1..5 {
        let address = format!("192.0.2.{number}");
        let answer = call_from(&stranger, &[(FORWARDED, &address)]).await;
        assert_eq!(answer.status, 401, "the owner of {address} is locked out");
    }
    // Without trusted proxies the client is the peer, and its headers are not read.
    let (running, _) = start(server(), |config| {
        let config = config.with_trusted_proxies([""; 0]);
        config.with_unauthenticated_rate(Rate::per_hour(2))
    })
    .await;
    let stranger = Client::new(running.resource(), Revision::Stateless);
    for (header, value, expected) in [
        (FORWARDED, "192.0.2.1", 401),
        (FORWARDED, "192.0.2.2", 401),
        (FORWARDED, "192.0.2.3", 429),
        ("forwarded", "for=192.0.2.3", 429),
        (FORWARDED, "192.0.2.4", 429),
        ("forwarded", "for=192.0.2.4", 429),
    ] {
        let answer = call_from(&stranger, &[(header, value)]).await;
        assert_eq!(answer.status, expected, "{header} {answer:?}");
    }
}

#[tokio::test]
async fn the_addresses_of_one_ipv6_network_share_one_rate() {
    let (running, _) = start(server(), |config| {
        behind_proxy(config).with_unauthenticated_rate(Rate::per_hour(5))
    })
    .await;
    let stranger = Client::new(running.resource(), Revision::Stateless);
    let mut statuses = Vec::new();
    for number in 0..8 {
        let address = format!("2001:db8:1:2:{number:x}::{number:x}");
        statuses.push(call_from(&stranger, &[(FORWARDED, &address)]).await.status);
    }
    assert_eq!(statuses, [401, 401, 401, 401, 401, 429, 429, 429]);
    let neighbour = call_from(&stranger, &[(FORWARDED, "2001:db8:1:3::1")]).await;
    assert_eq!(neighbour.status, 401);
}

#[tokio::test]
async fn a_header_with_ten_thousand_hops_is_answered_within_two_seconds() {
    let (running, _) = start(server(), |config| {
        behind_proxy(config).with_unauthenticated_rate(Rate::per_hour(2))
    })
    .await;
    let stranger = Client::new(running.resource(), Revision::Stateless);
    let long = format!("{}203.0.113.9", "10.0.0.1,".repeat(10_000));
    for expected in [401, 401, 429] {
        let begun = std::time::Instant::now();
        let answer = call_from(&stranger, &[(FORWARDED, &long)]).await;
        assert_eq!(answer.status, expected, "{answer:?}");
        assert!(begun.elapsed() < Duration::from_secs(2));
    }
}

/// Otherwise one client behind a proxy that is not configured could use up the rate of all clients.
#[test]
fn a_server_that_would_count_a_proxy_as_one_client_does_not_start() {
    let config = Config::new("http://127.0.0.1:8000/mcp").with_issuer("http://127.0.0.1:9/issuer");
    for config in [
        config
            .clone()
            .with_unauthenticated_rate(Rate::per_minute(60)),
        config.with_failed_authentication_rate(Rate::per_minute(60)),
    ] {
        let error = server().into_router(config).unwrap_err().to_string();
        assert!(
            error.contains("all clients would share one limit"),
            "{error}"
        );
        assert!(error.contains("TOOLGATE_TRUSTED_PROXIES"), "{error}");
    }
}

#[tokio::test]
async fn a_refused_request_does_not_wait_for_its_body() {
    let (running, _) = start(server(), |config| {
        let config = config.with_trusted_proxies([""; 0]);
        config.with_unauthenticated_rate(Rate::per_hour(1))
    })
    .await;
    let stranger = Client::new(running.resource(), Revision::Stateless);
    assert_eq!(call_from(&stranger, &[]).await.status, 401);
    let address = running.address();
    let answer = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        let timeout = Some(Duration::from_secs(10));
        stream.set_read_timeout(timeout).unwrap();
        let head = format!(
            "POST /mcp HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\ncontent-length: 4000000\r\n\r\n{{"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = [0; 512];
        let length = stream.read(&mut answer).unwrap();
        String::from_utf8_lossy(&answer[..length]).into_owned()
    });
    let answer = answer.await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 429 "), "{answer}");
}

/// Starts a server that verifies the tokens of an issuer.
async fn with_issuer(issuer: &MockIssuer, introspects: bool, rate: Rate) -> RunningServer {
    let mut trusted = Issuer::new(issuer.url());
    if introspects {
        let client = ClientAuthentication::basic("desk", "secret");
        trusted = trusted.with_introspection(Introspection::new(client));
    }
    let running = RunningServer::start(server(), |config| {
        let config = behind_proxy(config).with_issuer(trusted);
        config.with_failed_authentication_rate(rate)
    });
    running.await
}

/// One neighbour behind the same address sends bad tokens at full speed.
#[tokio::test]
async fn the_failures_of_a_neighbour_lock_out_no_valid_caller() {
    let issuer = MockIssuer::start().await;
    let running = with_issuer(&issuer, false, Rate::per_hour(3)).await;
    let client = Client::new(running.resource(), Revision::Stateless);
    let token = |subject: &str| {
        let token = issuer.token().audience(&running.resource());
        let token = token.claim("sub", json!(subject));
        token.scope("desk:use").build()
    };
    let early = client.clone().with_token(token("early"));
    let from = [(FORWARDED, "192.0.2.1")];
    assert_eq!(call_from(&early, &from).await.status, 200);
    let good = token("mallory");
    let (claims, _) = good.rsplit_once('.').unwrap();
    let forged = client.clone().with_token(format!("{claims}.AAAA"));
    let garbage = client.clone().with_token("garbage");
    for expected in [401, 401, 401, 429, 429] {
        let answer = call_from(&forged, &from).await;
        assert_eq!(answer.status, expected, "{answer:?}");
    }
    let refused = call_from(&garbage, &from).await;
    assert_eq!(members(&refused)["reason"], "rate_limited", "{refused:?}");
    assert_eq!(refused.challenge(), None, "{refused:?}");
    // A token that was verified before is accepted, and so is a new token.
    assert_eq!(call_from(&early, &from).await.status, 200);
    for _ in 0..5 {
        let late = client.clone().with_token(token("late"));
        let answer = call_from(&late, &from).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    // A sign-in begins with a request without a token, which does not count as a failure.
    assert_eq!(call_from(&client, &from).await.status, 401);
    // Another address has a rate of its own.
    let elsewhere = [(FORWARDED, "192.0.2.2")];
    assert_eq!(call_from(&garbage, &elsewhere).await.status, 401);
}

#[tokio::test]
async fn expired_tokens_do_not_count_as_failures() {
    let (running, _) = start(server(), |config| {
        behind_proxy(config).with_failed_authentication_rate(Rate::per_hour(1))
    })
    .await;
    let mut claims = unsigned_tokens::claims(&running.resource(), "desk:use");
    claims["exp"] = json!(BEGINNING - 3600);
    let client = Client::new(running.resource(), Revision::Stateless);
    let expired = client.with_token(unsigned_tokens::token(&claims));
    for _ in 0..5 {
        let answer = call_from(&expired, &[(FORWARDED, "192.0.2.1")]).await;
        assert_eq!(answer.status, 401, "{answer:?}");
    }
    // The rate is enforced, and the expired tokens did not use any of it.
    for expected in [401, 429] {
        let garbage = expired.clone().with_token("garbage");
        let answer = call_from(&garbage, &[(FORWARDED, "192.0.2.1")]).await;
        assert_eq!(answer.status, expected, "{answer:?}");
    }
}

/// An attacker must not make this server send a request to the issuer for each bad token.
#[tokio::test]
async fn a_token_beyond_the_failures_of_its_address_is_not_introspected() {
    let issuer = MockIssuer::start().await;
    let running = with_issuer(&issuer, true, Rate::per_hour(2)).await;
    let client = Client::new(running.resource(), Revision::Stateless);
    let from = [(FORWARDED, "192.0.2.1")];
    for (number, expected) in [(1, 401), (2, 401), (3, 429), (4, 429)] {
        let opaque = client.clone().with_token(format!("opaque-{number}"));
        let answer = call_from(&opaque, &from).await;
        assert_eq!(answer.status, expected, "{answer:?}");
    }
    assert_eq!(issuer.questions().len(), 2);
}

/// Of requests that arrive together, only one may use the last attempt.
#[tokio::test]
async fn concurrent_tokens_share_the_failures_of_their_address() {
    let issuer = MockIssuer::start().await;
    let running = with_issuer(&issuer, true, Rate::per_hour(1)).await;
    let client = Client::new(running.resource(), Revision::Stateless);
    issuer.answer_questions(IssuerResponse::Slow(Duration::from_millis(300)));
    let from = [(FORWARDED, "192.0.2.1")];
    let calls = (0..8).map(|number| {
        let opaque = client.clone().with_token(format!("opaque-{number}"));
        async move { call_from(&opaque, &from).await.status }
    });
    let mut statuses = futures_util::future::join_all(calls).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [401, 429, 429, 429, 429, 429, 429, 429]);
    assert_eq!(issuer.questions().len(), 1);
}

#[tokio::test]
async fn a_valid_token_does_not_count_as_a_failure_and_an_error_of_the_issuer_does() {
    let issuer = MockIssuer::start().await;
    let running = with_issuer(&issuer, true, Rate::per_hour(1)).await;
    let client = Client::new(running.resource(), Revision::Stateless);
    let from = [(FORWARDED, "192.0.2.1")];
    let call = async |token: &str| {
        let opaque = client.clone().with_token(token);
        call_from(&opaque, &from).await.status
    };
    for token in ["valid-1", "valid-2", "valid-3"] {
        issuer.know(token, issuer.active(&running.resource(), "desk:use"));
        assert_eq!(call(token).await, 200);
    }
    issuer.answer_questions(IssuerResponse::Status(500));
    assert_eq!(call("opaque-1").await, 503);
    assert_eq!(call("opaque-2").await, 429);
    // It was verified before.
    assert_eq!(call("valid-1").await, 200);
}

/// The line and the record of a refusal by address name its request.
#[tokio::test]
async fn a_refusal_by_address_has_the_ids_of_its_request() {
    let observed = Observed::new();
    let (running, _) = start(server().with_observer(observed.clone()), |config| {
        behind_proxy(config).with_unauthenticated_rate(Rate::per_hour(1))
    })
    .await;
    let stranger = Client::new(running.resource(), Revision::Stateless);
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let parent = format!("00-{trace}-00f067aa0ba902b7-01");
    for _ in 0..2 {
        let sent = [
            (FORWARDED, "192.0.2.1"),
            ("x-request-id", "r-1"),
            ("traceparent", &parent),
        ];
        call_from(&stranger, &sent).await;
    }
    let events = observed.take();
    let Some(Event::Decision {
        request,
        trace: of,
        reason,
        ..
    }) = events.last()
    else {
        panic!("{events:?}");
    };
    assert_eq!(*reason, Some("rate_limited"), "{events:?}");
    assert_eq!((&**request, of.as_deref()), ("r-1", Some(trace)));
}
