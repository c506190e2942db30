//! Responses to programs: uncached JSON, and CORS for web pages.

use axum::{
    extract::Request,
    http::{HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

/// An OAuth error response (RFC 6749 §5.2, RFC 7591 §3.2.2).
///
/// The description is a fixed text and never repeats input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OAuthError {
    status: StatusCode,
    code: &'static str,
    description: &'static str,
}

impl OAuthError {
    /// Builds a 400 with this code.
    pub(crate) const fn new(code: &'static str, description: &'static str) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code,
            description,
        }
    }

    /// Builds a 500 for an internal failure.
    pub(crate) const fn internal() -> Self {
        Self::new("server_error", "the development issuer failed; see its log")
            .with_status(StatusCode::INTERNAL_SERVER_ERROR)
    }

    pub(crate) const fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    pub(crate) const fn status(&self) -> StatusCode {
        self.status
    }

    pub(crate) const fn code(&self) -> &'static str {
        self.code
    }

    pub(crate) const fn description(&self) -> &'static str {
        self.description
    }
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        let body = json!({"error": self.code, "error_description": self.description});
        let mut response = uncached_json(self.status, &body);
        if self.status == StatusCode::UNAUTHORIZED {
            // RFC 6749 §5.2: a 401 names the scheme that the client tried.
            let challenge = HeaderValue::from_static("Basic realm=\"development\"");
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

impl From<aws_lc_rs::error::Unspecified> for OAuthError {
    fn from(_: aws_lc_rs::error::Unspecified) -> Self {
        tracing::error!("the development issuer has no randomness");
        Self::internal()
    }
}

/// Refuses a known path with an unsupported method (RFC 9110 §15.5.6).
pub(crate) async fn other_method() -> OAuthError {
    OAuthError::new("method_not_allowed", "see the `Allow` header")
        .with_status(StatusCode::METHOD_NOT_ALLOWED)
}

/// Builds a JSON response that is not cached (RFC 6749 §5.1).
pub(crate) fn uncached_json(status: StatusCode, body: &Value) -> Response {
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (header::PRAGMA, "no-cache"),
    ];
    (status, headers, json_body(body)).into_response()
}

/// Builds a JSON body. axum's own type would pull in a request parser, which every server
/// would compile.
pub(crate) fn json_body(body: &Value) -> impl IntoResponse + use<> {
    let json = HeaderValue::from_static("application/json");
    ([(header::CONTENT_TYPE, json)], body.to_string())
}

/// Lets any page read the responses. They depend only on the request and never on a cookie,
/// so a page learns nothing that it could not fetch elsewhere.
pub(crate) async fn cors(request: Request, next: Next) -> Response {
    let mut response = if request.method() == Method::OPTIONS {
        let allowed = [
            (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"),
            (
                header::ACCESS_CONTROL_ALLOW_HEADERS,
                "accept, authorization, content-type, dpop, mcp-protocol-version",
            ),
            (header::ACCESS_CONTROL_MAX_AGE, "600"),
        ];
        (StatusCode::NO_CONTENT, allowed).into_response()
    } else {
        next.run(request).await
    };
    let any = HeaderValue::from_static("*");
    response
        .headers_mut()
        .insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, any);
    response
}
