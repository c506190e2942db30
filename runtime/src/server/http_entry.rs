//! The entry for HTTP requests of a server without an application around it.
//!
//! Nearly all requests are a `POST` to the endpoint, which has one path: comparing it is cheaper
//! than the router.

use std::sync::Arc;

use axum::{Router, body::Body};
use http::{Method, Request};
use tower::ServiceExt;

use super::response_future::{Endpoint, ResponseFuture};

/// The routes of a server, and its endpoint as a function.
#[derive(Clone)]
pub(super) struct HttpEntry {
    router: Router,
    endpoint: Endpoint,
    /// The path of the endpoint, with a trailing slash.
    path: Arc<str>,
}

impl HttpEntry {
    /// `endpoint` must answer as the router does at `path`, which has no trailing slash.
    pub(super) fn new(router: Router, endpoint: Endpoint, path: &str) -> Self {
        Self {
            router,
            endpoint,
            path: format!("{path}/").into(),
        }
    }

    /// Answers a request.
    pub(super) fn answer(&self, request: Request<Body>) -> ResponseFuture {
        if request.method() == Method::POST && self.is_endpoint(request.uri().path()) {
            (self.endpoint)(request)
        } else {
            Box::pin(self.router.clone().oneshot(request))
        }
    }

    fn is_endpoint(&self, path: &str) -> bool {
        let rest = self.path.strip_prefix(path);
        // An empty path is not valid, and the root has only one spelling.
        matches!(rest, Some("")) || (matches!(rest, Some("/")) && !path.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use http::Response;

    use super::*;

    fn entry(path: &str) -> HttpEntry {
        let endpoint =
            |_| -> ResponseFuture { Box::pin(async { Ok(Response::new("endpoint".into())) }) };
        let router = Router::new().fallback(async || "router");
        HttpEntry::new(router, Arc::new(endpoint), path)
    }

    async fn who_answers(entry: &HttpEntry, method: Method, uri: &str) -> String {
        let request = Request::builder().method(method).uri(uri);
        let answer = entry.answer(request.body(Body::empty()).unwrap()).await;
        let body = axum::body::to_bytes(answer.unwrap().into_body(), 64).await;
        String::from_utf8(body.unwrap().into()).unwrap()
    }

    #[tokio::test]
    async fn messages_go_to_the_endpoint_and_all_else_to_the_router() {
        let at = entry("/api/mcp");
        for uri in ["/api/mcp", "/api/mcp/", "/api/mcp?a=b", "http://h/api/mcp"] {
            assert_eq!(who_answers(&at, Method::POST, uri).await, "endpoint");
            for other in [Method::GET, Method::DELETE, Method::OPTIONS] {
                assert_eq!(who_answers(&at, other, uri).await, "router");
            }
        }
        for uri in ["/", "/api", "/api/", "/api/mcp//", "/api/mcpx", "/API/mcp"] {
            assert_eq!(who_answers(&at, Method::POST, uri).await, "router", "{uri}");
        }
        let root = entry("");
        assert_eq!(who_answers(&root, Method::POST, "/").await, "endpoint");
        for uri in ["/mcp", "//", "*"] {
            assert_eq!(who_answers(&root, Method::POST, uri).await, "router");
        }
    }
}
