//! The paths of a server, and the CORS rules around all of them.

use std::{convert::Infallible, sync::Arc};

use axum::{
    Router,
    body::{Body, Bytes},
    routing::{MethodRouter, any_service, get},
};
use http::{
    HeaderName, HeaderValue, Method, Request, Response, StatusCode,
    header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, RETRY_AFTER},
    request::Parts,
};
use serde_json::{Value, json};
use tower::Service;
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::{
    config::{DOCS_PATH, LIVENESS_PATH, METADATA_PATH, READINESS_PATH, metadata_path},
    gate::{OriginRules, oauth_error},
};

use super::{
    browser_redirect::RedirectBrowsers, cors::Cors, docs_page, http_entry::HttpEntry,
    readiness::Readiness, response_future::ResponseFuture,
};

/// The contents of the routes besides the MCP endpoint.
pub(super) struct Served {
    /// The path of the MCP endpoint without a trailing slash; empty for the root.
    pub(super) path: String,
    /// The path of the documentation page below the endpoint, if it has one.
    pub(super) docs_path: Option<String>,
    /// The protected resource metadata document.
    pub(super) metadata: Bytes,
    /// The documentation page.
    pub(super) page: Bytes,
    pub(super) cors: CorsLayer,
    /// The routes of the embedded issuer, if it is used. They have their own CORS rules.
    pub(super) issuer_routes: Option<Router>,
}

/// Builds the routes of the endpoint and its documents. It claims no other paths: those
/// belong to the application into which the router is merged.
pub(super) fn routes<S>(endpoint: S, served: Served, readiness: Readiness) -> HttpEntry
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
    let Served {
        path,
        docs_path,
        metadata,
        page,
        cors,
        issuer_routes,
    } = served;
    let metadata = read(move || bytes(metadata.clone(), "application/json", "public, max-age=300"));
    let mut router = Router::new()
        .route(METADATA_PATH, metadata.clone())
        .route(LIVENESS_PATH, read(|| Response::new(Body::from("ok\n"))))
        .route(
            READINESS_PATH,
            get(async move || ready(readiness.error().await)),
        );
    let page = read(move || documentation(page.clone()));
    for path in docs_path.as_deref().into_iter().chain([DOCS_PATH]) {
        router = router.route(path, page.clone());
    }
    let endpoint = Cors::new(endpoint, cors.clone());
    let opened = RedirectBrowsers(endpoint.clone());
    let mut endpoints = Router::new();
    if path.is_empty() {
        endpoints = endpoints.route("/", any_service(opened));
    } else {
        // Two routes, because clients do not follow a redirect of a POST.
        for path in [path.clone(), format!("{path}/")] {
            router = router.route(&metadata_path(&path), metadata.clone());
            endpoints = endpoints.route(&path, any_service(opened.clone()));
        }
    }
    // CORS is outermost, so that a page can read refusals too.
    let router = router
        .method_not_allowed_fallback(async || {
            oauth_error(
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "only GET and HEAD are allowed at this path",
                "",
            )
        })
        .route_layer(cors)
        .merge(endpoints);
    let router = match issuer_routes {
        Some(issuer) => router.merge(issuer),
        None => router,
    };
    HttpEntry::new(router, move |request| endpoint.clone().call(request), &path)
}

/// Builds the route of a readable path. All have one type, which is compiled once.
fn read(tell: impl Fn() -> Response<Body> + Send + Sync + 'static) -> MethodRouter {
    let tell: Arc<dyn Fn() -> Response<Body> + Send + Sync> = Arc::new(tell);
    get(move || std::future::ready(tell()))
}

/// Builds CORS for exactly the origins that the gate allows. `parameter_headers` are the
/// headers in which clients repeat arguments.
pub(super) fn cors(origins: OriginRules, parameter_headers: Vec<HeaderName>) -> CorsLayer {
    let origins = Arc::new(origins);
    let allow = AllowOrigin::predicate(move |origin: &HeaderValue, _: &Parts| {
        origins.allows_origin(origin.as_bytes())
    });
    let fixed = [
        "authorization",
        "content-type",
        "accept",
        "last-event-id",
        "mcp-protocol-version",
        "mcp-session-id",
        "mcp-method",
        "mcp-name",
        "dpop",
    ]
    .map(HeaderName::from_static);
    CorsLayer::new()
        .allow_origin(allow)
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        .allow_headers(
            fixed
                .into_iter()
                .chain(parameter_headers)
                .collect::<Vec<_>>(),
        )
        .expose_headers(
            [
                "www-authenticate",
                "mcp-session-id",
                "mcp-protocol-version",
                "dpop-nonce",
            ]
            .map(HeaderName::from_static),
        )
        .max_age(std::time::Duration::from_secs(3600))
}

fn bytes(content: Bytes, kind: &'static str, cache: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(content));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    response
}

fn documentation(content: Bytes) -> Response<Body> {
    let mut response = bytes(content, "text/html; charset=utf-8", "public, max-age=300");
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&docs_page::content_security_policy()) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
    ] {
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    response
}

fn ready(error: Option<String>) -> Response<Body> {
    let (status, body) = match error {
        None => (StatusCode::OK, json!({"ready": true})),
        Some(reason) => (
            StatusCode::SERVICE_UNAVAILABLE,
            json!({"ready": false, "reason": reason}),
        ),
    };
    let mut response = answer(status, &body);
    if status != StatusCode::OK {
        response
            .headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from_static("5"));
    }
    response
}

fn answer(status: StatusCode, body: &Value) -> Response<Body> {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
