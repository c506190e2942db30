//! The issuer with the rules of this server: proofs, addresses, documents and bodies.

use std::{convert::Infallible, net::SocketAddr, time::Duration};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::ConnectInfo,
    http::{Request, StatusCode, header},
    response::Redirect,
    routing::get,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use futures_util::stream;
use serde_json::json;
use tokio::{
    net::TcpListener,
    time::{Instant, sleep},
};
use tower::ServiceExt;
use url::form_urlencoded;

use super::*;
use crate::clock::UnixTime;

/// The time of day in the tests.
const NOW: u64 = 1_800_000_000;

const ORIGIN: &str = "http://127.0.0.1:10000";
const RESOURCE: &str = "http://127.0.0.1:10000/mcp";
const CALLBACK: &str = "http://localhost:3118/callback";
/// RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const FORM: &str = "application/x-www-form-urlencoded";

/// A key for ES256 that signs DPoP proofs.
struct ProofKey(EcdsaKeyPair);

impl ProofKey {
    fn new() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    fn sign(&self, claims: &Value) -> String {
        let point = self.0.public_key().as_ref();
        let header = json!({"alg": "ES256", "typ": "dpop+jwt", "jwk": {
            "kty": "EC", "crv": "P-256", "alg": "ES256",
            "x": URL_SAFE_NO_PAD.encode(&point[1..33]), "y": URL_SAFE_NO_PAD.encode(&point[33..]),
        }});
        let parts = [header.to_string(), claims.to_string()];
        let message = parts.map(|part| URL_SAFE_NO_PAD.encode(part)).join(".");
        let signed = self.0.sign(&SystemRandom::new(), message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signed.unwrap()))
    }
}

struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> UnixTime {
        UnixTime::from_seconds(NOW)
    }
}

fn embedding() -> Embedding {
    let clock: Arc<dyn Clock> = Arc::new(Stopped);
    Embedding::new(ORIGIN, &clock)
}

/// Returns the routes of an issuer on this server's rules.
fn router(automatic_consent: bool) -> Router {
    let issuer = DevelopmentIssuer::new(Settings {
        origin: ORIGIN.to_owned(),
        resource: RESOURCE.to_owned(),
        audiences: Vec::new(),
        resource_name: "todo".to_owned(),
        scopes: vec![("todo:read".to_owned(), None)],
        default_scopes: Vec::new(),
        roles: Vec::new(),
        acr_values: Vec::new(),
        subject: "developer".to_owned(),
        automatic_consent,
        body_time: BODY_TIME,
        dpop_algorithms: Vec::new(),
        stylesheet: Stylesheet {
            text: "",
            policy_source: String::new(),
        },
        server: Arc::new(embedding()),
    });
    issuer.unwrap().router()
}

fn request(method: &str, path: &str) -> http::request::Builder {
    Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, "127.0.0.1:10000")
        .extension(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 5))))
}

fn query(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}

/// Returns the status, the redirect and the text of the response.
async fn send(router: &Router, request: Request<Body>) -> (StatusCode, String, String) {
    let response = router.clone().oneshot(request).await.unwrap();
    let location = response.headers().get(header::LOCATION);
    let location = location.map_or("", |location| location.to_str().unwrap());
    let (status, location) = (response.status(), location.to_owned());
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, location, String::from_utf8(body.to_vec()).unwrap())
}

/// Sends an authorization request of this client.
async fn authorize(router: &Router, client: &str) -> (StatusCode, String, String) {
    let path = query(&[
        ("response_type", "code"),
        ("client_id", client),
        ("redirect_uri", CALLBACK),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ]);
    let path = format!("/development/authorize?{path}");
    send(router, request("GET", &path).body(Body::empty()).unwrap()).await
}

/// Registers a client, and returns its identifier and a code.
async fn client_and_code(router: &Router) -> (String, String) {
    let metadata = json!({"redirect_uris": [CALLBACK]}).to_string();
    let registration = request("POST", "/development/register");
    let (_, _, registered) = send(router, registration.body(Body::from(metadata)).unwrap()).await;
    let registered: Value = serde_json::from_str(&registered).unwrap();
    let client = registered["client_id"].as_str().unwrap().to_owned();
    let (_, location, _) = authorize(router, &client).await;
    let location = Url::parse(&location).unwrap();
    let mut parameters = location.query_pairs().into_owned();
    let code = parameters.find(|(name, _)| name == "code").unwrap();
    (client, code.1)
}

#[tokio::test]
async fn an_invalid_dpop_proof_is_refused_and_does_not_use_up_the_code() {
    let router = router(true);
    let (client, code) = client_and_code(&router).await;
    let key = ProofKey::new();
    let proof = |change: Value| {
        let mut claims = json!({
            "jti": change.to_string(), "htm": "POST", "htu": format!("{ORIGIN}/development/token"),
            "iat": NOW,
        });
        let members = claims.as_object_mut().unwrap();
        members.extend(change.as_object().unwrap().clone());
        key.sign(&claims)
    };
    let exchange = async |code: &str, proofs: &[String]| {
        let mut exchange = request("POST", "/development/token").header(header::CONTENT_TYPE, FORM);
        for proof in proofs {
            exchange = exchange.header("dpop", proof);
        }
        let form = query(&[
            ("grant_type", "authorization_code"),
            ("client_id", &client),
            ("code", code),
            ("code_verifier", VERIFIER),
            ("redirect_uri", CALLBACK),
        ]);
        let (status, _, body) = send(&router, exchange.body(Body::from(form)).unwrap()).await;
        let body: Value = serde_json::from_str(&body).unwrap();
        (status, body)
    };
    let used = proof(json!({"jti": "used"}));
    let (_, first) = exchange("no code", std::slice::from_ref(&used)).await;
    assert_eq!(first["error"], "invalid_grant");
    for proofs in [
        vec![used],
        vec![proof(json!({"jti": "one"})), proof(json!({"jti": "two"}))],
        vec![String::new()],
        vec![proof(json!({"htm": "GET"}))],
        vec![proof(json!({"htu": RESOURCE}))],
        vec![proof(
            json!({"htu": "http://localhost:10000/development/token"}),
        )],
        vec![proof(json!({"iat": NOW - 91}))],
        vec![proof(json!({"iat": NOW + 31}))],
        vec![proof(json!({"jti": ""}))],
    ] {
        let (status, body) = exchange(&code, &proofs).await;
        assert!(status.is_client_error(), "{status} {proofs:?}");
        assert_eq!(body["error"], "invalid_dpop_proof", "{proofs:?}");
    }
    let (status, body) = exchange(&code, &[proof(json!({}))]).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert_eq!(body["token_type"], "DPoP");
}

#[test]
fn a_document_is_fetched_from_public_addresses_and_loopback_only() {
    let location = |url: &str| embedding().document_location(&Url::parse(url).unwrap());
    for (url, expected) in [
        ("https://client.example/c", DocumentLocation::Remote),
        ("http://127.0.0.1:4000/c", DocumentLocation::ThisMachine),
        ("http://localhost/c", DocumentLocation::ThisMachine),
        ("https://127.0.0.1/c", DocumentLocation::ThisMachine),
    ] {
        assert_eq!(location(url), Some(expected), "{url}");
    }
    for url in [
        "https://good.example@evil.example/c",
        "http://client.example/c",
        "http://localhost.evil.example/c",
        "https://10.0.0.1/c",
        "https://169.254.169.254/latest/meta-data",
        "https://[fe80::1]/c",
        "https://[::ffff:192.168.0.1]/c",
        "file:///c",
    ] {
        assert_eq!(location(url), None, "{url}");
    }
}

#[tokio::test]
async fn a_document_that_cannot_be_fetched_is_an_error_page() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let documents = Router::new()
        .route("/moved", get(|| async { Redirect::temporary("/good") }))
        .route(
            "/broken",
            get(|| async { StatusCode::INTERNAL_SERVER_ERROR }),
        );
    tokio::spawn(async move { axum::serve(listener, documents).await });
    let router = router(false);
    for (client, part) in [
        (format!("{origin}/moved"), "it answered 307"),
        (format!("{origin}/missing"), "it answered 404"),
        (format!("{origin}/broken"), "it answered 500"),
        (
            "http://127.0.0.1:1/client.json".to_owned(),
            "cannot be fetched",
        ),
    ] {
        let (status, _, page) = authorize(&router, &client).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        let (_, link) = page.split_once("href=\"").unwrap();
        let link = link.split('"').next().unwrap().replace("&amp;", "&");
        let link = request("GET", &link).body(Body::empty()).unwrap();
        let (status, _, page) = send(&router, link).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{page}");
        assert!(page.contains(part), "{part:?} is not in {page}");
    }
}

#[test]
fn json_and_log_text_follow_the_rules_of_the_server() {
    let server = embedding();
    assert!(server.parse_strict_object(br#"{"a":{"b":1}}"#).is_some());
    assert_eq!(server.parse_strict_object(br#"{"a":{"b":1,"b":2}}"#), None);
    assert_eq!(server.quote_for_log("a\n\""), r#""a\n\"""#);
    assert!(server.quote_for_log(&"x".repeat(500)).len() <= 122);
}

#[tokio::test(start_paused = true)]
async fn the_issuer_of_a_server_refuses_a_slow_body_after_a_minute() {
    /// Greets.
    #[crate::mcp_tool(scope = "hello:say")]
    fn hello() -> &'static str {
        "hello"
    }

    let server = crate::Server::new("hello")
        .tools(crate::tools![hello])
        .without_banner();
    let router = server.into_router(crate::Config::new(RESOURCE)).unwrap();
    for (path, media_type) in [
        ("/development/register", "application/json"),
        ("/development/token", FORM),
        ("/development/revoke", FORM),
        ("/development/introspect", FORM),
        ("/development/authorize/decision", FORM),
    ] {
        // One byte every five seconds, without end.
        let body = Body::from_stream(stream::unfold((), |()| async {
            sleep(Duration::from_secs(5)).await;
            Some((Ok::<_, Infallible>(Bytes::from_static(b"a")), ()))
        }));
        let begun = Instant::now();
        let request = request("POST", path).header(header::CONTENT_TYPE, media_type);
        let answer = router.clone().oneshot(request.body(body).unwrap());
        assert_eq!(answer.await.unwrap().status(), StatusCode::REQUEST_TIMEOUT);
        assert_eq!(begun.elapsed().as_secs(), 60, "{path}");
    }
}
