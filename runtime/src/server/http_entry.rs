//! The entry for HTTP requests of a server without an application around it.
//!
//! Nearly all requests are a `POST` to the endpoint, which has one path: comparing it is cheaper
//! than the router.

use std::{convert::Infallible, sync::Arc};

use axum::{Router, body::Body};
use futures_util::future::BoxFuture;
use http::{Method, Request, Response, header::ORIGIN};
use tower::{Layer, Service, ServiceExt};
use tower_http::cors::CorsLayer;

/// A response that is never an error: errors are responses, too.
pub(super) type ResponseFuture = BoxFuture<'static, Result<Response<Body>, Infallible>>;

/// The endpoint of a server. It has one type, so that its routes are compiled once.
pub(super) type Endpoint = Arc<dyn Fn(Request<Body>) -> ResponseFuture + Send + Sync>;

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

/// Adds CORS to a service whose responses are never cached, so that they need no `Vary`.
///
/// A browser sends `Origin` with every cross-origin request of a page, and a preflight before an
/// MCP request (Fetch standard, CORS protocol). Other clients send neither. Responses to them need
/// no CORS headers, which would cost a quarter of the server's CPU time per call.
pub(super) fn with_cors<S>(service: S, cors: CorsLayer) -> Endpoint
where
    S: Service<
            Request<Body>,
            Response = Response<Body>,
            Error = Infallible,
            Future = ResponseFuture,
        > + Clone
        + Send
        + Sync
        + 'static,
{
    Arc::new(move |request| {
        let is_from_page =
            request.headers().contains_key(ORIGIN) || request.method() == Method::OPTIONS;
        match is_from_page {
            true => Box::pin(cors.layer(service.clone()).oneshot(request)),
            false => service.clone().call(request),
        }
    })
}

#[cfg(test)]
mod tests;
