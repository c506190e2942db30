//! The response at unknown paths.

use axum::{Router, body::Body, routing::any};
use http::{Request, Response, StatusCode};
use tower_http::cors::CorsLayer;

use crate::gate::oauth_error;

use super::browser_redirect::{is_browser, see_docs};

/// Answers 404 at unknown paths, for a server without an application around it. A browser at
/// the root is redirected to the documentation page.
pub(super) fn with_not_found(router: Router, cors: CorsLayer) -> Router {
    let nothing = any(not_found).layer(cors);
    router.fallback_service(nothing)
}

async fn not_found(request: Request<Body>) -> Response<Body> {
    if request.uri().path() == "/" && is_browser(&request) {
        return see_docs();
    }
    oauth_error(
        StatusCode::NOT_FOUND,
        "not_found",
        "there is nothing at this path; see /docs for what this server offers",
        "",
    )
}
