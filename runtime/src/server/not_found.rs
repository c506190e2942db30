//! The response at unknown paths.

use axum::{Router, body::Body, routing::any};
use http::{HeaderValue, Request, Response, StatusCode};
use tower_http::cors::CorsLayer;

use crate::gate::oauth_error;

use super::browser_redirect::{is_browser, see_docs};

/// Answers 404 at unknown paths, for a server without an application around it. A browser at
/// the root is redirected to the documentation page, which is at the path `docs`.
pub(super) fn with_not_found(router: Router, cors: CorsLayer, docs: String) -> Router {
    let not_found = move |request: Request<Body>| std::future::ready(not_found(&request, &docs));
    router.fallback_service(any(not_found).layer(cors))
}

fn not_found(request: &Request<Body>, docs: &str) -> Response<Body> {
    if request.uri().path() == "/"
        && is_browser(request)
        && let Ok(docs) = HeaderValue::from_str(docs)
    {
        return see_docs(&docs);
    }
    oauth_error(
        StatusCode::NOT_FOUND,
        "not_found",
        &format!("there is nothing at this path; see {docs} for what this server offers"),
        "",
    )
}
