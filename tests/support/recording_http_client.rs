//! Records the requests of rmcp's client.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use axum::http::{HeaderName, HeaderValue};
use futures_util::stream::BoxStream;
use rmcp::{
    model::ClientJsonRpcMessage,
    transport::streamable_http_client::{
        SseError, StreamableHttpClient, StreamableHttpError, StreamableHttpPostResponse,
    },
};
use serde_json::Value;
use sse_stream::Sse;

type Failed = StreamableHttpError<reqwest::Error>;

/// An HTTP client for rmcp's transport that records its requests.
#[derive(Debug, Clone, Default)]
pub struct RecordingClient {
    http: reqwest::Client,
    sent: Arc<Mutex<Vec<RecordedRequest>>>,
}

/// One request and its outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedRequest {
    /// The MCP method; for a tool call, the tool's name.
    pub what: String,
    /// The session id of the request.
    pub session: Option<String>,
    /// The token of the request.
    pub token: Option<String>,
    /// The challenge in the response, or `None` if it succeeded.
    pub challenge: Option<String>,
}

impl RecordingClient {
    /// Returns all requests so far.
    ///
    /// # Panics
    ///
    /// If a request panicked while it was recorded.
    #[must_use]
    pub fn sent(&self) -> Vec<RecordedRequest> {
        self.sent.lock().expect("not poisoned").clone()
    }

    /// Returns the requests of one kind.
    #[must_use]
    pub fn sent_as(&self, what: &str) -> Vec<RecordedRequest> {
        let all = self.sent().into_iter();
        all.filter(|sent| sent.what == what).collect()
    }

    fn note<T>(
        &self,
        what: String,
        session: Option<&Arc<str>>,
        token: Option<String>,
        answer: &Result<T, Failed>,
    ) {
        let challenge = match answer {
            Ok(_) => None,
            Err(error) => Some(error.auth_challenge().unwrap_or("none").to_owned()),
        };
        self.sent
            .lock()
            .expect("not poisoned")
            .push(RecordedRequest {
                what,
                session: session.map(ToString::to_string),
                token,
                challenge,
            });
    }
}

impl StreamableHttpClient for RecordingClient {
    type Error = reqwest::Error;

    async fn post_message(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session_id: Option<Arc<str>>,
        auth_header: Option<String>,
        custom_headers: HashMap<HeaderName, HeaderValue>,
    ) -> Result<StreamableHttpPostResponse, Failed> {
        let written = serde_json::to_value(&message).expect("a message is JSON");
        let named = |place: &Value| place.as_str().map(str::to_owned);
        let what = named(&written["params"]["name"]).or(named(&written["method"]));
        let answer = self
            .http
            .post_message(
                uri,
                message,
                session_id.clone(),
                auth_header.clone(),
                custom_headers,
            )
            .await;
        let what = what.unwrap_or_else(|| "reply".to_owned());
        self.note(what, session_id.as_ref(), auth_header, &answer);
        answer
    }

    async fn delete_session(
        &self,
        uri: Arc<str>,
        session_id: Arc<str>,
        auth_header: Option<String>,
        custom_headers: HashMap<HeaderName, HeaderValue>,
    ) -> Result<(), Failed> {
        let answer = self
            .http
            .delete_session(uri, session_id.clone(), auth_header.clone(), custom_headers)
            .await;
        self.note("DELETE".to_owned(), Some(&session_id), auth_header, &answer);
        answer
    }

    async fn get_stream(
        &self,
        uri: Arc<str>,
        session_id: Option<Arc<str>>,
        last_event_id: Option<String>,
        auth_header: Option<String>,
        custom_headers: HashMap<HeaderName, HeaderValue>,
    ) -> Result<BoxStream<'static, Result<Sse, SseError>>, Failed> {
        let answer = self
            .http
            .get_stream(
                uri,
                session_id.clone(),
                last_event_id,
                auth_header.clone(),
                custom_headers,
            )
            .await;
        self.note("GET".to_owned(), session_id.as_ref(), auth_header, &answer);
        answer
    }
}
