//! The issuer from outside: each rule and each attack is tested by a request to its router.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::ConnectInfo,
    http::{HeaderMap, Request, StatusCode, header},
    routing::get,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Map, Value, json};
use tower::ServiceExt;
use url::{Url, form_urlencoded};

use super::*;

mod attacks;
mod authentication_context;
mod authorization_endpoint;
mod bodies;
mod client_id_metadata;
mod code_grant;
mod consent;
mod dpop;
pub(crate) mod embedding_server;
mod html;
mod loopback_guard;
mod machines;
mod metadata;
mod refresh_grant;
mod registration;
mod revocation;
mod token_exchange;

use embedding_server::TestServer;

const ORIGIN: &str = "http://127.0.0.1:10000";
const RESOURCE: &str = "http://127.0.0.1:10000/mcp";
const CALLBACK: &str = "http://localhost:3118/callback";
/// RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const START: u64 = 1_800_000_000;

/// An issuer, its server, and the requests of an honest client and person.
struct World {
    issuer: DevelopmentIssuer,
    server: TestServer,
}

struct TestResponse {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl World {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn automatic() -> Self {
        Self::with(|settings| settings.automatic_consent = true)
    }

    fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let server = TestServer::default();
        let mut settings = settings(&server);
        change(&mut settings);
        Self {
            issuer: DevelopmentIssuer::new(settings).unwrap(),
            server,
        }
    }

    async fn send(&self, request: Request<Body>) -> TestResponse {
        let response = self.issuer.router().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        TestResponse {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    async fn get(&self, path: &str) -> TestResponse {
        self.send(request("GET", path).body(Body::empty()).unwrap())
            .await
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> TestResponse {
        let request = request("POST", path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ORIGIN, ORIGIN);
        self.send(request.body(Body::from(query(form))).unwrap())
            .await
    }

    async fn register_as(&self, metadata: &Value) -> TestResponse {
        let request = request("POST", "/development/register")
            .header(header::CONTENT_TYPE, "application/json");
        self.send(request.body(Body::from(metadata.to_string())).unwrap())
            .await
    }

    /// Registers a client with one redirect URI and returns its identifier.
    async fn client(&self, redirect: &str) -> String {
        let metadata = json!({"client_name": "Test client", "redirect_uris": [redirect]});
        let answer = self.register_as(&metadata).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        answer.json()["client_id"].as_str().unwrap().to_owned()
    }

    /// Sends an authorization request of an honest client, with these changes; a parameter
    /// that is changed to the empty string is omitted.
    async fn authorize(&self, client: &str, changes: &[(&str, &str)]) -> TestResponse {
        self.get(&authorization(client, changes)).await
    }

    /// Allows the request, with every box as on the page.
    async fn allow(&self, page: &TestResponse) -> TestResponse {
        self.post("/development/authorize/decision", &fields(page, "allow"))
            .await
    }

    /// Runs the whole flow up to a code.
    async fn code(&self, client: &str, changes: &[(&str, &str)]) -> String {
        let page = self.authorize(client, changes).await;
        let answer = self.allow(&page).await;
        answer.redirected()["code"].clone()
    }

    async fn exchange(&self, client: &str, code: &str, changes: &[(&str, &str)]) -> TestResponse {
        let form = changed(
            &[
                ("grant_type", "authorization_code"),
                ("client_id", client),
                ("code", code),
                ("code_verifier", VERIFIER),
                ("redirect_uri", CALLBACK),
                ("resource", RESOURCE),
            ],
            changes,
        );
        self.post("/development/token", &form).await
    }

    async fn refresh(&self, client: &str, token: &str, changes: &[(&str, &str)]) -> TestResponse {
        let form = changed(
            &[
                ("grant_type", "refresh_token"),
                ("client_id", client),
                ("refresh_token", token),
            ],
            changes,
        );
        self.post("/development/token", &form).await
    }

    async fn is_active(&self, token: &str) -> bool {
        let answer = self
            .post("/development/introspect", &[("token", token)])
            .await;
        assert_eq!(answer.status, StatusCode::OK);
        answer.json()["active"].as_bool().unwrap()
    }

    /// Returns the claims of a token, after verifying its signature with the published key.
    fn claims(&self, answer: &TestResponse) -> Value {
        let body = answer.json();
        let token = body["access_token"].as_str().expect(&answer.text);
        Value::Object(self.issuer.state.key.open(token).unwrap())
    }
}

impl TestResponse {
    #[track_caller]
    fn json(&self) -> Value {
        assert_eq!(self.header(header::CONTENT_TYPE), "application/json");
        serde_json::from_str(&self.text).expect(&self.text)
    }

    fn header(&self, name: header::HeaderName) -> &str {
        self.headers[name].to_str().unwrap()
    }

    /// Returns the parameters of the redirect.
    fn redirected(&self) -> HashMap<String, String> {
        assert!(
            self.status.is_redirection(),
            "{} {}",
            self.status,
            self.text
        );
        let url = Url::parse(self.header(header::LOCATION)).unwrap();
        url.query_pairs().into_owned().collect()
    }

    #[track_caller]
    fn is_error(&self, code: &str) {
        assert!(
            self.status.is_client_error(),
            "{} {}",
            self.status,
            self.text
        );
        assert_eq!(self.json()["error"], code, "{}", self.text);
        assert_eq!(self.header(header::CACHE_CONTROL), "no-store");
    }

    #[track_caller]
    fn is_page(&self, status: StatusCode, part: &str) {
        assert_eq!(self.status, status, "{}", self.text);
        assert!(!self.headers.contains_key(header::LOCATION));
        assert!(self.header(header::CONTENT_TYPE).starts_with("text/html"));
        assert!(self.text.contains(part), "{part:?} is not in {}", self.text);
    }
}

fn settings(server: &TestServer) -> Settings {
    let scope =
        |name: &str, description: Option<&str>| (name.to_owned(), description.map(str::to_owned));
    let hash = BASE64_STANDARD.encode(grant_store::digest("p { margin: 0 }"));
    Settings {
        origin: ORIGIN.to_owned(),
        resource: RESOURCE.to_owned(),
        audiences: vec![RESOURCE.to_owned(), "todo-server".to_owned()],
        resource_name: "todo".to_owned(),
        scopes: vec![
            scope("todo:read", Some("See your lists")),
            scope("todo:write", Some("Change your lists")),
            scope("todo:delete", None),
        ],
        default_scopes: vec!["todo:read".to_owned()],
        roles: vec!["editor".to_owned(), "auditor".to_owned()],
        acr_values: vec!["urn:example:mfa".to_owned(), "urn:example:card".to_owned()],
        subject: "developer".to_owned(),
        automatic_consent: false,
        body_time: Duration::from_secs(60),
        dpop_algorithms: vec!["ES256"],
        stylesheet: Stylesheet {
            text: "p { margin: 0 }",
            policy_source: format!("'sha256-{hash}'"),
        },
        server: Arc::new(server.clone()),
    }
}

fn request(method: &str, path: &str) -> axum::http::request::Builder {
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

fn changed<'a>(
    pairs: &[(&'a str, &'a str)],
    changes: &[(&'a str, &'a str)],
) -> Vec<(&'a str, &'a str)> {
    let is_changed = |name: &str| changes.iter().any(|(changed, _)| *changed == name);
    let kept = pairs.iter().filter(|(name, _)| !is_changed(name));
    kept.chain(changes)
        .copied()
        .filter(|(_, value)| !value.is_empty())
        .collect()
}

fn authorization(client: &str, changes: &[(&str, &str)]) -> String {
    let parameters = changed(
        &[
            ("response_type", "code"),
            ("client_id", client),
            ("redirect_uri", CALLBACK),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
            ("scope", "todo:read todo:write"),
            ("state", "s t&te"),
            ("resource", RESOURCE),
        ],
        changes,
    );
    format!("/development/authorize?{}", query(&parameters))
}

/// Returns the form that a browser sends for a button of the page.
fn fields<'a>(page: &'a TestResponse, decision: &'a str) -> Vec<(&'a str, &'a str)> {
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    let mut fields = vec![("decision", decision)];
    for input in page.text.split("<input ").skip(1) {
        let input = input.split('>').next().unwrap();
        let attribute = |name: &str| {
            let (_, rest) = input.split_once(&format!("{name}=\""))?;
            rest.split('"').next()
        };
        let is_box = attribute("type") == Some("checkbox");
        if !is_box || input.ends_with("checked") {
            fields.push((attribute("name").unwrap(), attribute("value").unwrap()));
        }
    }
    fields
}

/// Returns the scopes that have a box on the page.
fn boxes(page: &TestResponse) -> Vec<&str> {
    let boxes = page.text.split("name=\"scope\" value=\"").skip(1);
    boxes.map(|rest| rest.split('"').next().unwrap()).collect()
}

#[test]
fn unsafe_settings_are_refused() {
    let server = TestServer::default();
    let changes: [fn(&mut Settings); 6] = [
        |settings| settings.origin = "http://0.0.0.0:10000".to_owned(),
        |settings| settings.origin = "http://127.0.0.1:10000/".to_owned(),
        |settings| settings.origin = "https://todo.example".to_owned(),
        |settings| settings.default_scopes.push("other".to_owned()),
        |settings| settings.scopes.push(("offline_access".to_owned(), None)),
        |settings| settings.subject = " \n".to_owned(),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut settings = settings(&server);
        change(&mut settings);
        let errors = DevelopmentIssuer::new(settings).unwrap_err();
        assert_eq!(errors.len(), 1, "{number}: {errors:?}");
    }
    let mut settings = settings(&server);
    changes[0](&mut settings);
    changes[3](&mut settings);
    let errors = DevelopmentIssuer::new(settings).unwrap_err();
    assert_eq!(errors.len(), 2, "all errors together: {errors:?}");
}

#[test]
fn debug_output_has_no_keys() {
    let printed = format!("{:?}", World::new().issuer);
    assert!(printed.contains(ORIGIN) && printed.len() < 100, "{printed}");
}

#[tokio::test]
async fn a_client_discovers_registers_and_gets_a_token() {
    let world = World::new();
    let metadata = world
        .get("/.well-known/oauth-authorization-server")
        .await
        .json();
    let at = |name: &str| {
        let url = metadata[name].as_str().unwrap();
        url.strip_prefix(ORIGIN).unwrap().to_owned()
    };
    assert_eq!(at("authorization_endpoint"), "/development/authorize");
    assert_eq!(at("registration_endpoint"), "/development/register");
    assert_eq!(at("token_endpoint"), "/development/token");
    let client = world.client(CALLBACK).await;
    let page = world.authorize(&client, &[]).await;
    assert_eq!(boxes(&page), ["todo:read", "todo:write"]);
    let sent_on = world.allow(&page).await;
    assert_eq!(sent_on.status, StatusCode::SEE_OTHER);
    let back = sent_on.redirected();
    assert_eq!(
        (back["state"].as_str(), back["iss"].as_str()),
        ("s t&te", ORIGIN)
    );
    let answer = world.exchange(&client, &back["code"], &[]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(answer.header(header::CACHE_CONTROL), "no-store");
    let body = answer.json();
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["expires_in"], 900);
    assert_eq!(body["scope"], "todo:read todo:write");
    let claims = world.claims(&answer);
    for (name, value) in [
        ("iss", json!(ORIGIN)),
        ("sub", json!("developer")),
        ("aud", json!(RESOURCE)),
        ("exp", json!(START + 900)),
        ("iat", json!(START)),
        ("client_id", json!(client)),
        ("scope", json!("todo:read todo:write")),
    ] {
        assert_eq!(claims[name], value, "{name}");
    }
}
