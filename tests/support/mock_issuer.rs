//! An imitation authorization server: real HTTP on loopback, real signatures, and any defect
//! that a test needs. It counts its requests.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

mod introspection;
mod token_exchange;

pub use introspection::Question;
pub use toolgate_testing::{SigningKey, TokenBuilder};

use introspection::Register;

/// The well-known URLs where an issuer can serve its metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetadataLocation {
    /// `/.well-known/oauth-authorization-server<path>` (RFC 8414 §3.1).
    OauthInserted,
    /// `/.well-known/openid-configuration<path>` (RFC 8414 §5).
    OpenIdInserted,
    /// `<path>/.well-known/openid-configuration` (OpenID Connect Discovery §4).
    OpenIdAppended,
}

/// The behaviour of an endpoint.
#[derive(Debug, Clone)]
pub enum IssuerResponse {
    /// Responds correctly.
    Good,
    /// Responds correctly after this time.
    Slow(Duration),
    /// Responds with this status and no body.
    Status(u16),
    /// Responds with `200` and this body.
    Body(String),
    /// Responds with this status and this body.
    Refusal(u16, String),
    /// Responds with `302` to this URL.
    Redirect(String),
    /// Responds with an endless body.
    Endless,
    /// Never responds.
    Silent,
}

/// A running imitation.
///
/// It starts with an RSA key `rsa`, a P-256 key `p256` and an Ed25519 key `ed`, with its
/// metadata at all three URLs, and with correct responses.
pub struct MockIssuer {
    address: SocketAddr,
    path: String,
    keys: Vec<SigningKey>,
    shared: Arc<Shared>,
    task: Option<JoinHandle<()>>,
}

struct Shared {
    issuer: String,
    path: String,
    settings: Mutex<Settings>,
    metadata_requests: AtomicUsize,
    jwks_requests: AtomicUsize,
    other_requests: AtomicUsize,
    register: Register,
    exchanges: Register,
}

struct Settings {
    places: Vec<MetadataLocation>,
    metadata: IssuerResponse,
    jwks: IssuerResponse,
    published: Value,
    overrides: Value,
}

impl MockIssuer {
    /// Starts an issuer whose identifier has no path: `http://127.0.0.1:<port>`.
    pub async fn start() -> Self {
        Self::start_at("").await
    }

    /// Starts an issuer whose identifier ends with this path, such as `/tenant/1`.
    pub async fn start_at(path: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let keys = vec![
            SigningKey::rsa("rsa"),
            SigningKey::p256("p256"),
            SigningKey::ed25519("ed"),
        ];
        let shared = Arc::new(Shared {
            issuer: format!("http://{address}{path}"),
            path: path.trim_end_matches('/').to_owned(),
            settings: Mutex::new(Settings {
                places: vec![
                    MetadataLocation::OauthInserted,
                    MetadataLocation::OpenIdInserted,
                    MetadataLocation::OpenIdAppended,
                ],
                metadata: IssuerResponse::Good,
                jwks: IssuerResponse::Good,
                published: SigningKey::set(&keys.iter().collect::<Vec<_>>()),
                overrides: json!({}),
            }),
            metadata_requests: AtomicUsize::new(0),
            jwks_requests: AtomicUsize::new(0),
            other_requests: AtomicUsize::new(0),
            register: Register::default(),
            exchanges: Register::default(),
        });
        let mut issuer = Self {
            address,
            path: path.to_owned(),
            keys,
            shared,
            task: None,
        };
        issuer.serve(listener);
        issuer
    }

    fn serve(&mut self, listener: TcpListener) {
        let app = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&self.shared));
        self.task = Some(tokio::spawn(async move {
            axum::serve(listener, app).await.expect("it serves");
        }));
    }

    /// Returns the issuer identifier, as in metadata and tokens.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.shared.issuer
    }

    /// Returns the URL of the key set.
    #[must_use]
    pub fn jwks_uri(&self) -> String {
        format!(
            "http://{}{}/keys",
            self.address,
            self.path.trim_end_matches('/')
        )
    }

    /// Returns the initial RSA key.
    #[must_use]
    pub fn rsa(&self) -> &SigningKey {
        &self.keys[0]
    }

    /// Returns the initial P-256 key.
    #[must_use]
    pub fn p256(&self) -> &SigningKey {
        &self.keys[1]
    }

    /// Returns the initial Ed25519 key.
    #[must_use]
    pub fn ed25519(&self) -> &SigningKey {
        &self.keys[2]
    }

    /// Builds a valid token of this issuer, signed with its P-256 key, for a test to change.
    #[must_use]
    pub fn token(&self) -> TokenBuilder<'_> {
        TokenBuilder::new(self.url(), self.p256())
    }

    /// Serves the metadata only at these URLs.
    pub fn serve_metadata_at(&self, places: &[MetadataLocation]) {
        self.settings().places = places.to_vec();
    }

    /// Changes members of the metadata (`null` removes one).
    pub fn change_metadata(&self, members: Value) {
        self.settings().overrides = members;
    }

    /// Sets the behaviour of metadata requests.
    pub fn answer_metadata(&self, answer: IssuerResponse) {
        self.settings().metadata = answer;
    }

    /// Sets the behaviour of key set requests.
    pub fn answer_jwks(&self, answer: IssuerResponse) {
        self.settings().jwks = answer;
    }

    /// Publishes these keys and no others.
    pub fn publish(&self, keys: &[&SigningKey]) {
        self.publish_set(SigningKey::set(keys));
    }

    /// Publishes this document as the key set.
    pub fn publish_set(&self, jwks: Value) {
        self.settings().published = jwks;
    }

    /// Returns the number of metadata requests, at any URL.
    #[must_use]
    pub fn metadata_requests(&self) -> usize {
        self.shared.metadata_requests.load(Ordering::SeqCst)
    }

    /// Returns the number of key set requests.
    #[must_use]
    pub fn jwks_requests(&self) -> usize {
        self.shared.jwks_requests.load(Ordering::SeqCst)
    }

    /// Returns the number of all other requests.
    #[must_use]
    pub fn other_requests(&self) -> usize {
        self.shared.other_requests.load(Ordering::SeqCst)
    }

    /// Goes down: new connections are refused, open ones stay open.
    pub async fn go_down(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
            // Wait, so that the port is closed when this returns.
            let _ = task.await;
        }
    }

    /// Comes back at the same address.
    pub async fn come_back(&mut self) {
        let listener = TcpListener::bind(self.address)
            .await
            .expect("the same port");
        self.serve(listener);
    }

    fn settings(&self) -> MutexGuard<'_, Settings> {
        self.shared.settings()
    }
}

impl Drop for MockIssuer {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

impl Shared {
    fn settings(&self) -> MutexGuard<'_, Settings> {
        self.settings.lock().expect("no test panics with it")
    }

    fn place(&self, asked: &str) -> Option<MetadataLocation> {
        let path = &self.path;
        let settings = self.settings();
        settings.places.iter().copied().find(|place| {
            asked
                == match place {
                    MetadataLocation::OauthInserted => {
                        format!("/.well-known/oauth-authorization-server{path}")
                    }
                    MetadataLocation::OpenIdInserted => {
                        format!("/.well-known/openid-configuration{path}")
                    }
                    MetadataLocation::OpenIdAppended => {
                        format!("{path}/.well-known/openid-configuration")
                    }
                }
        })
    }

    fn metadata(&self) -> Value {
        let issuer = &self.issuer;
        let base = issuer.trim_end_matches('/');
        let mut metadata = json!({
            "issuer": issuer,
            "jwks_uri": format!("{base}/keys"),
            "authorization_endpoint": format!("{base}/authorize"),
            "token_endpoint": format!("{base}/token"),
            "introspection_endpoint": format!("{base}/introspect"),
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
        });
        if let (Some(members), Value::Object(changes)) =
            (metadata.as_object_mut(), self.settings().overrides.clone())
        {
            members.extend(changes);
            members.retain(|_, value| !value.is_null());
        }
        metadata
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let asked = request.uri().path();
    let (good, answer) = if asked.contains("/.well-known/") {
        shared.metadata_requests.fetch_add(1, Ordering::SeqCst);
        if shared.place(asked).is_none() {
            return StatusCode::NOT_FOUND.into_response();
        }
        (shared.metadata(), shared.settings().metadata.clone())
    } else if asked.ends_with("/keys") {
        shared.jwks_requests.fetch_add(1, Ordering::SeqCst);
        let settings = shared.settings();
        (settings.published.clone(), settings.jwks.clone())
    } else if asked.ends_with("/introspect") || asked.ends_with("/tokeninfo") {
        let _open = shared.register.open();
        let (good, answer) = shared.register.ask(request).await;
        return respond(good, answer).await;
    } else if asked.ends_with("/token") {
        let (good, answer) = shared.exchanges.ask(request).await;
        return respond(good, answer).await;
    } else {
        shared.other_requests.fetch_add(1, Ordering::SeqCst);
        return StatusCode::NOT_FOUND.into_response();
    };
    respond(good, answer).await
}

async fn respond(good: Value, answer: IssuerResponse) -> Response {
    match answer {
        IssuerResponse::Good => document(good.to_string()),
        IssuerResponse::Slow(time) => {
            tokio::time::sleep(time).await;
            document(good.to_string())
        }
        IssuerResponse::Status(status) => StatusCode::from_u16(status)
            .expect("a status")
            .into_response(),
        IssuerResponse::Body(body) => document(body),
        IssuerResponse::Refusal(status, body) => {
            let status = StatusCode::from_u16(status).expect("a status");
            (status, document(body)).into_response()
        }
        IssuerResponse::Redirect(url) => {
            (StatusCode::FOUND, [(header::LOCATION, url)]).into_response()
        }
        IssuerResponse::Endless => {
            let blanks = Bytes::from_static(&[b' '; 8192]);
            Body::from_stream(stream::repeat_with(move || {
                Ok::<_, std::convert::Infallible>(blanks.clone())
            }))
            .into_response()
        }
        IssuerResponse::Silent => std::future::pending().await,
    }
}

fn document(body: String) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}
