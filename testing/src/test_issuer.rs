//! [`TestIssuer`]: an issuer whose tokens the server under test accepts.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{Router, http::header, routing::get};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};
use toolgate::issuer::Issuer;

use crate::{SigningKey, TokenBuilder};

/// The claim by which a token of this issuer shows that a person stands behind it.
pub(crate) const PERSON_CLAIM: &str = "toolgate_test_person";

/// An issuer that mints any token.
///
/// In memory its keys are fixed and the server needs no network. On loopback it serves its
/// metadata (RFC 8414) and its keys, which a test can rotate, and it can be down.
#[derive(Debug)]
pub struct TestIssuer {
    url: String,
    key: SigningKey,
    loopback: Option<Loopback>,
}

#[derive(Debug)]
struct Loopback {
    address: SocketAddr,
    published: Arc<Mutex<Value>>,
    rotations: usize,
    task: Option<JoinHandle<()>>,
}

impl TestIssuer {
    /// Creates an issuer in memory: `https://issuer.test`.
    #[must_use]
    pub fn in_memory() -> Self {
        Self {
            url: "https://issuer.test".to_owned(),
            key: SigningKey::p256("test-0"),
            loopback: None,
        }
    }

    /// Starts an issuer on a free port of the loopback interface.
    ///
    /// # Panics
    ///
    /// If there is no free port.
    pub async fn start() -> Self {
        let listener = listen(SocketAddr::from(([127, 0, 0, 1], 0))).await;
        let address = listener
            .local_addr()
            .expect("a bound socket has an address");
        let key = SigningKey::p256("test-0");
        let published = Arc::new(Mutex::new(SigningKey::set(&[&key])));
        let mut issuer = Self {
            url: format!("http://{address}"),
            key,
            loopback: Some(Loopback {
                address,
                published,
                rotations: 0,
                task: None,
            }),
        };
        issuer.serve(listener);
        issuer
    }

    /// Returns its identifier, `iss` of its tokens.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the issuer for a [`Config`](toolgate::Config):
    /// `Config::new(…).with_issuer(issuer.trusted())`.
    #[must_use]
    pub fn trusted(&self) -> Issuer {
        let issuer = Issuer::new(&self.url).with_person_claim(PERSON_CLAIM, "*");
        match self.loopback {
            Some(_) => issuer,
            None => issuer.with_jwks(SigningKey::set(&[&self.key]).to_string()),
        }
    }

    /// Returns a valid token, without audience and scopes, for a test to change.
    #[must_use]
    pub fn token(&self) -> TokenBuilder<'_> {
        TokenBuilder::new(&self.url, &self.key)
    }

    /// Replaces the signing key and publishes the new one alone. A server accepts the new key
    /// within 15 seconds of its first use. Tokens of the earlier key become invalid when the
    /// server has fetched the keys again.
    ///
    /// # Panics
    ///
    /// If the issuer is in memory.
    pub fn rotate_key(&mut self) {
        let loopback = self.loopback.as_mut().expect(NEEDS_LOOPBACK);
        loopback.rotations += 1;
        self.key = SigningKey::p256(&format!("test-{}", loopback.rotations));
        let mut published = loopback
            .published
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *published = SigningKey::set(&[&self.key]);
    }

    /// Stops answering: connections are refused.
    ///
    /// # Panics
    ///
    /// If the issuer is in memory.
    pub async fn go_down(&mut self) {
        let loopback = self.loopback.as_mut().expect(NEEDS_LOOPBACK);
        if let Some(task) = loopback.task.take() {
            task.abort();
            // The port is closed when the task has ended.
            let _ = task.await;
        }
    }

    /// Answers again, at the same address.
    ///
    /// # Panics
    ///
    /// If the issuer is in memory, or if its port is taken.
    pub async fn come_back(&mut self) {
        let address = self.loopback.as_ref().expect(NEEDS_LOOPBACK).address;
        let listener = listen(address).await;
        self.serve(listener);
    }

    fn serve(&mut self, listener: TcpListener) {
        let Some(loopback) = &mut self.loopback else {
            return;
        };
        let url = &self.url;
        let metadata = json!({
            "issuer": url,
            "jwks_uri": format!("{url}/jwks"),
            "authorization_endpoint": format!("{url}/authorize"),
            "token_endpoint": format!("{url}/token"),
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
        });
        let published = Arc::clone(&loopback.published);
        let keys = move || {
            let keys = published.lock().unwrap_or_else(PoisonError::into_inner);
            std::future::ready(document(&keys))
        };
        let app = Router::new()
            .route(
                "/.well-known/oauth-authorization-server",
                get(move || std::future::ready(document(&metadata))),
            )
            .route("/jwks", get(keys));
        loopback.task = Some(tokio::spawn(async move {
            // Ends with the test, or by `go_down`.
            let _ = axum::serve(listener, app).await;
        }));
    }
}

impl Drop for TestIssuer {
    fn drop(&mut self) {
        if let Some(task) = self.loopback.as_ref().and_then(|one| one.task.as_ref()) {
            task.abort();
        }
    }
}

const NEEDS_LOOPBACK: &str =
    "an issuer in memory has fixed keys and is never down: use `TestIssuer::start`";

fn document(json: &Value) -> ([(header::HeaderName, &'static str); 1], String) {
    (
        [(header::CONTENT_TYPE, "application/json")],
        json.to_string(),
    )
}

async fn listen(address: SocketAddr) -> TcpListener {
    TcpListener::bind(address)
        .await
        .unwrap_or_else(|error| panic!("{address}: {error}"))
}
