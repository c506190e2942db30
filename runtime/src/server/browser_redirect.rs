//! Redirects a person who opens the endpoint in a browser to the documentation page.

use axum::body::Body;
use http::{
    HeaderMap, HeaderValue, Method, Request, Response, StatusCode,
    header::{ACCEPT, AUTHORIZATION, CACHE_CONTROL, LOCATION, ORIGIN},
};

/// Returns whether a browser sent this request to open an address for a person.
///
/// Scripts of a page send `Origin`, and MCP clients send a token or a session ID. A request
/// with a query goes to the gate, which refuses tokens in queries.
pub(super) fn is_browser(request: &Request<Body>) -> bool {
    let headers = request.headers();
    let is_a_clients = [AUTHORIZATION.as_str(), ORIGIN.as_str(), "mcp-session-id"];
    request.method() == Method::GET
        && request.uri().query().is_none()
        && !is_a_clients.iter().any(|name| headers.contains_key(*name))
        && prefers_html(headers)
}

/// Returns whether `text/html` has the highest weight (RFC 9110 §12.5.1). A client that
/// accepts an event stream is not a browser that opens a page.
fn prefers_html(headers: &HeaderMap) -> bool {
    let (mut html, mut best) = (0, 0);
    for value in headers.get_all(ACCEPT) {
        for range in value.to_str().unwrap_or_default().split(',') {
            let mut parts = range.split(';').map(str::trim);
            let name = parts.next().unwrap_or_default();
            if name.eq_ignore_ascii_case("text/event-stream") {
                return false;
            }
            let weight = parts.find_map(|part| part.strip_prefix("q="));
            let weight = weight.map_or(Some(1_000), thousandths).unwrap_or(0);
            best = best.max(weight);
            if name.eq_ignore_ascii_case("text/html") {
                html = html.max(weight);
            }
        }
    }
    html > 0 && html == best
}

/// Parses a quality value (RFC 9110 §12.4.2), in thousandths.
fn thousandths(text: &str) -> Option<u32> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_short = fraction.len() <= 3 && fraction.bytes().all(|byte| byte.is_ascii_digit());
    let fraction = format!("{fraction:0<3}").parse::<u32>().ok();
    match (whole, fraction.filter(|_| is_short)?) {
        ("0", fraction) => Some(fraction),
        ("1", 0) => Some(1_000),
        _ => None,
    }
}

/// Redirects a browser to the documentation page at this path. `no-store`, because the same address
/// answers MCP clients differently. 303, because the page describes the endpoint (RFC 9110
/// §15.4.4).
pub(super) fn see_docs(docs: &HeaderValue) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    let headers = response.headers_mut();
    headers.insert(LOCATION, docs.clone());
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The `Accept` headers of Firefox and Chromium when a person opens an address.
    const FIREFOX: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    const CHROMIUM: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7";

    fn opens(method: Method, uri: &str, headers: &[(&str, &str)]) -> bool {
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        is_browser(&request.body(Body::empty()).unwrap())
    }

    #[test]
    fn a_browser_prefers_html() {
        for accept in [
            FIREFOX,
            CHROMIUM,
            "text/html",
            "TEXT/HTML;q=1.000",
            "application/json;q=0.5, text/html ; q=0.5",
        ] {
            assert!(
                opens(Method::GET, "/mcp", &[("accept", accept)]),
                "{accept}"
            );
        }
        for accept in [
            "",
            "*/*",
            "text/*",
            "application/json",
            "application/json, text/event-stream",
            "text/event-stream",
            "text/html, text/event-stream",
            "text/html;q=0",
            "text/html;q=0.9, application/json",
            "text/html;q=1.1",
            "text/html;q=0.1234",
            "text/html;q=",
            "text/htmlx",
        ] {
            assert!(
                !opens(Method::GET, "/mcp", &[("accept", accept)]),
                "{accept}"
            );
        }
        assert!(!opens(Method::GET, "/mcp", &[]));
    }

    #[test]
    fn a_clients_request_is_none_of_a_browser() {
        let html = ("accept", FIREFOX);
        for method in [Method::POST, Method::DELETE, Method::HEAD, Method::OPTIONS] {
            assert!(!opens(method, "/mcp", &[html]));
        }
        for other in [
            ("authorization", "Bearer x"),
            ("origin", "http://localhost:1"),
            ("mcp-session-id", "x"),
        ] {
            assert!(!opens(Method::GET, "/mcp", &[html, other]), "{other:?}");
        }
        assert!(!opens(Method::GET, "/mcp?access_token=x", &[html]));
    }
}
