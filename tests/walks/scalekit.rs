//! An imitation of Scalekit on loopback, with a user who is signed in.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    Form, Json, Router,
    extract::State,
    http::Uri,
    response::Redirect,
    routing::{get, post},
};
use reqwest::Url;
use serde_json::{Value, json};
use support::MockIssuer;
use tokio::{net::TcpListener, task::JoinHandle};

/// The id of the resource on the page.
const ID: &str = "res_60000001";

/// The imitation.
pub(crate) struct Scalekit {
    issuer: Arc<MockIssuer>,
    sign_ins: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Drop for Scalekit {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What the endpoints share.
#[derive(Clone)]
struct Shared {
    issuer: Arc<MockIssuer>,
    sign_ins: Arc<AtomicUsize>,
    resource: Arc<str>,
}

impl Scalekit {
    /// Starts it for the resource with this URL.
    pub(crate) async fn start(resource: &str) -> Self {
        let issuer = Arc::new(MockIssuer::start_at(&format!("/resources/{ID}")).await);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        issuer.change_metadata(json!({
            "authorization_endpoint": format!("{base}/oauth/authorize"),
            "token_endpoint": format!("{base}/oauth/token"),
            "registration_endpoint": format!("{base}/oauth/register"),
            "token_endpoint_auth_methods_supported": ["none"],
            "authorization_response_iss_parameter_supported": false,
        }));
        let sign_ins = Arc::default();
        let shared = Shared {
            issuer: Arc::clone(&issuer),
            sign_ins: Arc::clone(&sign_ins),
            resource: resource.into(),
        };
        let app = Router::new()
            .route("/oauth/authorize", get(authorize))
            .route("/oauth/token", post(token))
            .route("/oauth/register", post(register))
            .with_state(shared);
        let task = tokio::spawn(async move {
            axum::serve(listener, app).await.expect("it serves");
        });
        Self {
            issuer,
            sign_ins,
            task,
        }
    }

    /// Returns how many tokens it has issued.
    pub(crate) fn sign_ins(&self) -> usize {
        self.sign_ins.load(Ordering::SeqCst)
    }

    /// Returns the addresses of the page, and those here.
    pub(crate) fn addresses(&self) -> Vec<(&'static str, String)> {
        let end = format!("/resources/{ID}");
        let environment = self.issuer.url().trim_end_matches(&end).to_owned();
        vec![
            ("https://acme.scalekit.dev", environment),
            (
                "https://mcp.example.com",
                "http://127.0.0.1:8000".to_owned(),
            ),
            ("0.0.0.0:8000", "127.0.0.1:8000".to_owned()),
        ]
    }
}

/// The user is signed in and grants everything: the code is what was requested.
async fn authorize(uri: Uri) -> Redirect {
    let url = Url::parse(&format!("http://127.0.0.1{uri}")).expect("a URL");
    let asked: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
    let of = |name: &str| asked.get(name).cloned().unwrap_or_default();
    assert_eq!(of("code_challenge_method"), "S256", "{asked:?}");
    let (back, state) = (of("redirect_uri"), of("state"));
    let code = of("scope").replace(' ', "+");
    Redirect::to(&format!("{back}?code={code}&state={state}"))
}

async fn token(
    State(shared): State<Shared>,
    Form(asked): Form<BTreeMap<String, String>>,
) -> Json<Value> {
    assert_eq!(
        asked.get("resource").map(String::as_str),
        Some(&*shared.resource)
    );
    shared.sign_ins.fetch_add(1, Ordering::SeqCst);
    let scope = asked.get("code").cloned().unwrap_or_default();
    let scopes: Vec<_> = scope.split(' ').collect();
    // The shape of `tests/providers/fixtures/scalekit.json`.
    let token = shared.issuer.token().audience(ID);
    let token = token
        .claim("scope", Value::Null)
        .claim("scopes", json!(scopes));
    Json(json!({
        "access_token": token.build(),
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": scope,
    }))
}

async fn register(Json(asked): Json<Value>) -> Json<Value> {
    Json(json!({
        "client_id": "skc_987654321098765432",
        "redirect_uris": asked["redirect_uris"],
        "token_endpoint_auth_method": "none",
    }))
}
