//! A server behind a proxy that changes paths.

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::Response,
};
use serde_json::{Value, json};
use support::{
    client::{Client, HttpResponse, Revision},
    running_server::RunningServer,
    tool_server::{self, Runs},
    unsigned_tokens::{self, ISSUER},
};
use tokio::net::TcpListener;
use toolgate::Config;

use super::{WELL_KNOWN, get};

/// Forwards what is below `/svc` without that prefix, keeps `Host`, and answers 502 elsewhere:
/// one host, many services.
async fn forward(State(server): State<String>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    let mut response = Response::new(Body::empty());
    let Some(path) = path.strip_prefix("/svc/") else {
        *response.status_mut() = axum::http::StatusCode::BAD_GATEWAY;
        return response;
    };
    let body = axum::body::to_bytes(body, usize::MAX)
        .await
        .expect("a body");
    let request = reqwest::Client::new().request(head.method, format!("{server}/{path}"));
    let answer = request.headers(head.headers).body(body).send().await;
    let answer = answer.expect("the server answers");
    *response.status_mut() = answer.status();
    *response.headers_mut() = answer.headers().clone();
    // The framing is of this connection (RFC 9110 §7.6.1).
    response.headers_mut().remove("transfer-encoding");
    *response.body_mut() = answer.bytes().await.expect("a body").into();
    response
}

#[tokio::test]
async fn a_client_finds_everything_behind_a_proxy_that_removes_the_prefix() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let proxy = listener.local_addr().expect("an address");
    let resource = format!("http://{proxy}/svc/mcp");
    let running = RunningServer::start_as(tool_server::server(&Runs::default()), |_| {
        Config::new(&*resource)
            .with_issuer(ISSUER)
            .with_path_prefix("/svc")
            .with_listen_path("/mcp")
    })
    .await;
    let forwarding = Router::new().fallback(forward).with_state(running.origin());
    tokio::spawn(async move { axum::serve(listener, forwarding).await });

    // The client knows the resource alone.
    let stranger = Client::new(&*resource, Revision::Stateless);
    let refused = stranger.call("read", json!({})).await;
    assert_eq!(refused.status, 401, "{refused:?}");
    let challenge = refused.challenge().expect("a challenge");
    let metadata = get(challenge.get("resource_metadata").expect("a URL")).await;
    assert_eq!(metadata.status, 200, "{metadata:?}");
    let metadata = metadata.json();
    assert_eq!(metadata["resource"], resource);
    let page = metadata["resource_documentation"].as_str().expect("a page");
    assert_eq!(get(page).await.status, 200, "{page}");
    let token = unsigned_tokens::token(&unsigned_tokens::claims(&resource, "desk:read"));
    for revision in Revision::ALL {
        let mut client = Client::new(&*resource, revision).with_token(&*token);
        client.open().await;
        let answer = client.call("read", json!({})).await;
        assert_eq!(answer.tool_text(), "read ran", "{revision:?}: {answer:?}");
    }
}

async fn behind_a_proxy(configure: impl FnOnce(Config) -> Config) -> RunningServer {
    let server = tool_server::server(&Runs::default());
    RunningServer::start_as(server, |address| {
        let config = Config::new(format!("http://{address}/svc/mcp")).with_bind(address);
        configure(config.with_issuer(ISSUER))
    })
    .await
}

/// Asserts that a challenge at the path names the metadata at the public path, which a proxy
/// forwards to the local one, and that the document says what is configured.
async fn publishes(running: &RunningServer, endpoint: &str, public: &str, local: &str) {
    for endpoint in [endpoint.to_owned(), format!("{endpoint}/")] {
        let client = Client::new(running.url(&endpoint), Revision::Stateless);
        let refused = client.call("read", json!({})).await;
        assert_eq!(refused.status, 401, "{endpoint}: {refused:?}");
        let challenge = refused.challenge().expect("a challenge");
        let named = challenge.get("resource_metadata").expect("a URL");
        assert_eq!(named, running.url(public));
    }
    let metadata = get(&running.url(local)).await.json();
    assert_eq!(metadata["resource"], running.url("/svc/mcp"));
    let docs = metadata["resource_documentation"].as_str().expect("a page");
    let docs = docs.replace(
        if local.starts_with("/svc") {
            ""
        } else {
            "/svc"
        },
        "",
    );
    assert_eq!(get(&docs).await.status, 200, "{docs}");
}

#[tokio::test]
async fn a_proxy_can_remove_the_prefix() {
    let running = behind_a_proxy(|config| config.with_listen_path("/mcp")).await;
    let published = format!("{WELL_KNOWN}/svc/mcp");
    publishes(&running, "/mcp", &published, &published).await;
    let below = |config: Config| config.with_listen_path("/mcp").with_path_prefix("/svc");
    let running = behind_a_proxy(below).await;
    let public = format!("/svc{WELL_KNOWN}/mcp");
    publishes(&running, "/mcp", &public, &format!("{WELL_KNOWN}/mcp")).await;
}

#[tokio::test]
async fn a_proxy_can_forward_one_prefix_alone() {
    let running = behind_a_proxy(|config| config.with_path_prefix("/svc")).await;
    let public = format!("/svc{WELL_KNOWN}/mcp");
    publishes(&running, "/svc/mcp", &public, &public).await;
    let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let opened = browser
        .build()
        .expect("a client")
        .get(running.url("/svc/mcp"));
    let answer = HttpResponse::of(opened.header("accept", "text/html")).await;
    assert_eq!(answer.header("location"), Some("/svc/docs"));
    assert_eq!(get(&running.url("/svc/docs")).await.status, 200);
}

#[tokio::test]
async fn a_host_that_is_configured_in_addition_is_served_and_not_published() {
    let running = behind_a_proxy(|config| config.with_host("notes.svc:8000")).await;
    let client = Client::new(running.url("/svc/mcp"), Revision::Stateless);
    let message = client.message("tools/call", json!({"name": "read", "arguments": {}}));
    for (host, status) in [
        ("NOTES.svc:8000", 401),
        ("notes", 403),
        ("evil.example", 403),
    ] {
        let request = client.post(&message).header("host", host);
        let answer = HttpResponse::of(request.body(message.to_string())).await;
        assert_eq!(answer.status, status, "{host} {answer:?}");
        // A stranger does not learn the names inside.
        let told = format!("{:?} {}", answer.header("www-authenticate"), answer.text);
        assert!(!told.to_lowercase().contains("notes.svc"), "{told}");
    }
    let metadata: Value = get(&running.url(WELL_KNOWN)).await.json();
    assert_eq!(metadata["resource"], running.url("/svc/mcp"));
}
