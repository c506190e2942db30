//! The request of a browser: the cookie, the origin, and the parameters of a query or a form.

use std::time::Duration;

use axum::{
    body::to_bytes,
    extract::Request,
    http::{
        HeaderMap,
        header::{CONTENT_TYPE, COOKIE, ORIGIN},
    },
};
use url::form_urlencoded;

/// The maximum size of a form, in bytes.
const FORM_LIMIT: usize = 4 * 1024;

/// Returns the value of a cookie, or an empty text. If a name is sent twice, both values are
/// ignored: another host of the same site could have set one of them.
pub(crate) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    let pairs = headers.get_all(COOKIE).iter();
    let pairs = pairs.filter_map(|value| value.to_str().ok());
    let pairs = pairs.flat_map(|value| value.split(';'));
    let mut values = pairs.filter_map(|pair| {
        let (named, value) = pair.trim().split_once('=')?;
        (named == name).then_some(value)
    });
    match (values.next(), values.next()) {
        (Some(value), None) => value,
        _ => "",
    }
}

/// Returns whether a page of this origin sent the form (CSRF). A browser sends `Origin` with every
/// form, so a form without it is refused.
pub(crate) fn is_same_origin(headers: &HeaderMap, origin: &str) -> bool {
    let mut origins = headers.get_all(ORIGIN).iter();
    let is_ours = match (origins.next(), origins.next()) {
        (Some(sent), None) => sent.as_bytes() == origin.as_bytes(),
        _ => false,
    };
    let mut sites = headers.get_all("sec-fetch-site").iter();
    is_ours && sites.all(|site| site.as_bytes() == b"same-origin")
}

/// The decoded names and values of a query or a form.
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    pub(crate) fn parse(text: &[u8]) -> Self {
        Self(form_urlencoded::parse(text).into_owned().collect())
    }

    /// Reads the form in a request within `time`. Returns `None` if it is not a small form.
    pub(crate) async fn from_form(request: Request, time: Duration) -> Option<Self> {
        let kind = request.headers().get(CONTENT_TYPE)?.to_str().ok()?;
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return None;
        }
        // Without the time limit, half a form would hold a connection open (CWE-400).
        let read = tokio::time::timeout(time, to_bytes(request.into_body(), FORM_LIMIT)).await;
        Some(Self::parse(&read.ok()?.ok()?))
    }

    /// Returns the value of a parameter that is sent exactly once: two programs could read
    /// different values of a repeated parameter.
    pub(crate) fn one(&self, name: &str) -> Option<&str> {
        let mut values = self.0.iter().filter(|(key, _)| key == name);
        match (values.next(), values.next()) {
            (Some((_, value)), None) => Some(value),
            _ => None,
        }
    }

    /// Returns whether a parameter is sent.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use axum::{
        body::Body,
        http::{HeaderName, HeaderValue},
    };
    use futures_util::stream::{self, StreamExt};
    use tokio::time::Instant;

    use super::*;

    fn headers(all: &[(&'static str, &'static str)]) -> HeaderMap {
        let all = all.iter().map(|&(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        });
        all.collect()
    }

    #[test]
    fn only_a_form_of_this_origin_decides() {
        let ours = "https://mcp.example";
        assert!(is_same_origin(&headers(&[("origin", ours)]), ours));
        for foreign in [
            &[][..],
            &[("origin", "null")],
            &[("origin", "https://evil.example")],
            &[("origin", "http://mcp.example")],
            &[("origin", "https://mcp.example.evil")],
            &[("origin", ours), ("sec-fetch-site", "cross-site")],
            &[("origin", ours), ("sec-fetch-site", "same-site")],
        ] {
            assert!(!is_same_origin(&headers(foreign), ours), "{foreign:?}");
        }
        let mut twice = headers(&[("origin", ours)]);
        twice.append(ORIGIN, HeaderValue::from_static("https://evil.example"));
        assert!(!is_same_origin(&twice, ours));
    }

    #[test]
    fn a_cookie_that_is_sent_twice_is_ignored() {
        assert_eq!(cookie(&headers(&[("cookie", "a=1; b=2")]), "b"), "2");
        assert_eq!(cookie(&headers(&[("cookie", "ab=1; xb=2")]), "b"), "");
        assert_eq!(cookie(&headers(&[("cookie", "b=1; b=2")]), "b"), "");
        let mut twice = headers(&[("cookie", "b=1")]);
        twice.append(COOKIE, HeaderValue::from_static("b=2"));
        assert_eq!(cookie(&twice, "b"), "");
    }

    /// Half a form must not hold a connection open (CWE-400).
    #[tokio::test(start_paused = true)]
    async fn a_form_that_does_not_arrive_in_time_is_refused() {
        let first = stream::iter([Ok::<_, Infallible>("decision=appr")]);
        let body = Body::from_stream(first.chain(stream::pending()));
        let request = Request::builder().header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let request = request.body(body).unwrap();
        let begin = Instant::now();
        let read = Parameters::from_form(request, Duration::from_secs(60)).await;
        assert!(read.is_none());
        assert_eq!(begin.elapsed(), Duration::from_secs(60));
    }

    #[tokio::test(start_paused = true)]
    async fn only_a_small_form_of_the_right_type_is_read() {
        let form = |kind: &str, body: Body| {
            let request = Request::builder().header(CONTENT_TYPE, kind).body(body);
            Parameters::from_form(request.unwrap(), Duration::from_secs(1))
        };
        let kind = "application/x-www-form-urlencoded; charset=utf-8";
        let read = form(kind, Body::from("a=1&b=2&b=3&c=x+%3C")).await.unwrap();
        assert_eq!((read.one("a"), read.one("b")), (Some("1"), None));
        assert_eq!((read.one("c"), read.has("b")), (Some("x <"), true));
        assert!(form("text/plain", Body::from("a=1")).await.is_none());
        let large = "a".repeat(FORM_LIMIT + 1);
        assert!(form(kind, Body::from(large)).await.is_none());
    }
}
