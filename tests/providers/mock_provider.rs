//! A provider on loopback that serves only the documents of a fixture.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use axum::{
    Form, Json, Router,
    extract::State,
    http::{StatusCode, Uri},
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

/// A running provider.
pub(crate) struct MockProvider {
    base: String,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    documents: Mutex<BTreeMap<String, Value>>,
    known: Mutex<BTreeMap<String, Value>>,
}

impl MockProvider {
    /// Starts a provider without documents.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let shared = Arc::new(Shared::default());
        let app = Router::new()
            .route("/tokeninfo", post(token_info))
            .fallback(document)
            .with_state(Arc::clone(&shared));
        let task = tokio::spawn(async move {
            axum::serve(listener, app).await.expect("it serves");
        });
        Self { base, shared, task }
    }

    /// Returns its address.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// Serves these documents.
    pub(crate) fn serve(&self, documents: BTreeMap<String, Value>) {
        *self.shared.documents.lock().expect("whole") = documents;
    }

    /// Sets the introspection response for a token.
    pub(crate) fn know(&self, token: &str, answer: Value) {
        let mut known = self.shared.known.lock().expect("whole");
        known.insert(token.to_owned(), answer);
    }
}

impl Drop for MockProvider {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn document(State(shared): State<Arc<Shared>>, uri: Uri) -> Response {
    let documents = shared.documents.lock().expect("whole");
    match documents.get(uri.path()) {
        Some(document) => Json(document.clone()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Like Google's: 400 for an invalid token.
async fn token_info(
    State(shared): State<Arc<Shared>>,
    Form(form): Form<BTreeMap<String, String>>,
) -> Response {
    let known = shared.known.lock().expect("whole");
    match form.get("access_token").and_then(|token| known.get(token)) {
        Some(answer) => Json(answer.clone()).into_response(),
        None => {
            let output =
                Json(json!({"error": "invalid_token", "error_description": "Invalid Value"}));
            (StatusCode::BAD_REQUEST, output).into_response()
        }
    }
}
