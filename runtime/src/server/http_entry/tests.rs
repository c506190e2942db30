use http::StatusCode;
use tower::service_fn;

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

async fn refused(method: Method, origin: Option<&str>) -> Response<Body> {
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
    let page = refused(Method::POST, Some("https://page.example")).await;
    assert!(allowed(&page) && page.status() == StatusCode::UNAUTHORIZED);
    let other = refused(Method::POST, None).await;
    assert!(other.headers().is_empty() && other.status() == StatusCode::UNAUTHORIZED);
    // A preflight is answered here, and nothing behind sees it.
    let preflight = refused(Method::OPTIONS, Some("https://page.example")).await;
    assert!(allowed(&preflight) && preflight.status() == StatusCode::OK);
}
