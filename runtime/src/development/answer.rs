//! Answers to programs: JSON that nobody keeps, and CORS for pages.

use axum::{
    extract::Request,
    http::{HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

/// A refusal in OAuth's form (RFC 6749 §5.2, RFC 7591 §3.2.2).
///
/// The description is ours alone and never repeats what was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OAuthError {
    status: StatusCode,
    code: &'static str,
    description: &'static str,
}

impl OAuthError {
    /// A 400 with this code.
    pub(super) const fn new(code: &'static str, description: &'static str) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code,
            description,
        }
    }

    /// For what no client caused: this machine failed.
    pub(super) const fn ours() -> Self {
        Self::new("server_error", "the development issuer failed; see its log")
            .with_status(StatusCode::INTERNAL_SERVER_ERROR)
    }

    pub(super) const fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    pub(super) const fn status(&self) -> StatusCode {
        self.status
    }

    pub(super) const fn code(&self) -> &'static str {
        self.code
    }

    pub(super) const fn description(&self) -> &'static str {
        self.description
    }
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        let body = json!({"error": self.code, "error_description": self.description});
        let mut response = unkept(self.status, &body);
        if self.status == StatusCode::UNAUTHORIZED {
            // RFC 6749 §5.2: with a 401 goes the scheme that the client tried.
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
        Self::ours()
    }
}

/// For what is there and is asked for in another way (RFC 9110 §15.5.6).
pub(super) async fn other_method() -> OAuthError {
    OAuthError::new("method_not_allowed", "see the header `allow`")
        .with_status(StatusCode::METHOD_NOT_ALLOWED)
}

/// JSON that no cache keeps (RFC 6749 §5.1).
pub(super) fn unkept(status: StatusCode, body: &Value) -> Response {
    let keep = [
        (header::CACHE_CONTROL, "no-store"),
        (header::PRAGMA, "no-cache"),
    ];
    (status, keep, written(body)).into_response()
}

/// JSON, as the body of an answer. axum's own type for it would bring a parser of requests
/// along, which every server would compile.
pub(super) fn written(body: &Value) -> impl IntoResponse + use<> {
    let json = HeaderValue::from_static("application/json");
    ([(header::CONTENT_TYPE, json)], body.to_string())
}

/// Lets any page read the answers. They go by what the request carries, never by a
/// cookie, so the page learns nothing that it could not have fetched elsewhere.
pub(super) async fn cors(request: Request, next: Next) -> Response {
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
