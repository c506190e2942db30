//! CORS for requests that carry an `Origin`.
//!
//! A browser sends `Origin` with every cross-origin request of a page, and a preflight before
//! one like ours (Fetch standard, CORS protocol). No other client does. Their responses need no
//! CORS headers, and adding these costs a quarter of the server's CPU time per call.

use std::{convert::Infallible, sync::Arc};

use axum::body::Body;
use http::{Method, Request, Response, header::ORIGIN};
use tower::{Layer, Service, ServiceExt};
use tower_http::cors::CorsLayer;

use super::response_future::{Endpoint, ResponseFuture};

/// Adds CORS to a service whose responses are never cached, so that they need no `Vary`.
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
mod tests {
    use http::StatusCode;
    use tower::service_fn;

    use super::*;

    async fn answer(method: Method, origin: Option<&str>) -> Response<Body> {
        let refuse = service_fn(|_: Request<Body>| -> ResponseFuture {
            let mut refusal = Response::new(Body::empty());
            *refusal.status_mut() = StatusCode::UNAUTHORIZED;
            Box::pin(std::future::ready(Ok(refusal)))
        });
        let cors = CorsLayer::new().allow_origin(tower_http::cors::Any);
        let mut request = Request::new(Body::empty());
        *request.method_mut() = method;
        if let Some(origin) = origin {
            request
                .headers_mut()
                .insert(ORIGIN, origin.parse().unwrap());
        }
        let answer = with_cors(refuse, cors)(request).await;
        answer.unwrap()
    }

    #[tokio::test]
    async fn a_page_reads_what_others_get_without_headers_for_pages() {
        let allowed = |answer: &Response<Body>| {
            let headers = answer.headers();
            headers.contains_key("access-control-allow-origin")
        };
        let page = answer(Method::POST, Some("https://page.example")).await;
        assert!(allowed(&page) && page.status() == StatusCode::UNAUTHORIZED);
        let other = answer(Method::POST, None).await;
        assert!(other.headers().is_empty() && other.status() == StatusCode::UNAUTHORIZED);
        // A preflight is answered here, and nothing behind sees it.
        let preflight = answer(Method::OPTIONS, Some("https://page.example")).await;
        assert!(allowed(&preflight) && preflight.status() == StatusCode::OK);
    }
}
