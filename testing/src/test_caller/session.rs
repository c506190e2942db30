//! Requests of a caller in a session (revisions before 2026-07-28).

use axum::{body::Body, http::Method};
use serde_json::{Value, json};

use super::{TestCaller, http_exchange::is_event_stream};
use crate::{Denial, Output, event_stream::EventStream};

impl TestCaller<'_> {
    /// Sends a request in a session of its own.
    pub(super) async fn request_in_session(
        &self,
        method: &str,
        params: Value,
    ) -> Result<Output, Denial> {
        let (opened, session) = self.initialize().await;
        let result = opened?;
        if method == "initialize" {
            return Ok(result);
        }
        let session = session.as_deref();
        self.begin(session).await?;
        let answered = self.post(method, params, session).await.0;
        if session.is_some() {
            let end = self.headed("", Method::DELETE, session);
            let end = end.body(Body::empty()).expect("a valid request");
            self.server.send(end).await;
        }
        answered
    }

    /// Subscribes to resources in a session of its own, and opens its stream.
    pub(super) async fn subscribe_in_session(
        &self,
        uris: &[String],
    ) -> Result<EventStream, Denial> {
        let (opened, session) = self.initialize().await;
        opened?;
        let session = session.as_deref();
        self.begin(session).await?;
        let open = self.headed("", Method::GET, session);
        let open = open
            .header("accept", "text/event-stream")
            .body(Body::empty());
        let stream = self.server.send(open.expect("a valid request")).await;
        assert!(
            is_event_stream(stream.headers()),
            "the server has no streams of sessions: HTTP {}",
            stream.status()
        );
        for uri in uris {
            let params = json!({"uri": uri});
            self.post("resources/subscribe", params, session).await.0?;
        }
        Ok(EventStream::new(stream.into_body()))
    }

    /// Returns the id of a new session, or `None` if the server opens none.
    pub(crate) async fn open(&self) -> Option<String> {
        self.initialize().await.1
    }

    async fn begin(&self, session: Option<&str>) -> Result<Output, Denial> {
        let initialized = self.post("notifications/initialized", json!({}), session);
        initialized.await.0
    }

    async fn initialize(&self) -> (Result<Output, Denial>, Option<String>) {
        let params = json!({
            "protocolVersion": self.revision, "capabilities": self.capabilities(),
            "clientInfo": {"name": "toolgate-testing", "version": env!("CARGO_PKG_VERSION")},
        });
        let (opened, headers) = self.post("initialize", params, None).await;
        let session = headers.get("mcp-session-id");
        let session = session.and_then(|id| id.to_str().ok());
        (opened, session.map(str::to_owned))
    }
}
