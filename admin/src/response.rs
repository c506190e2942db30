//! The answers of the listener: JSON, never cached, one for each connection.

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use serde::Serialize;
use serde_json::json;

pub(crate) type Answer = Response<Full<Bytes>>;

/// Builds an answer with a value.
pub(crate) fn value(status: StatusCode, value: &impl Serialize) -> Answer {
    // A value of this crate has string keys only.
    let text = serde_json::to_vec(value).unwrap_or_default();
    let mut answer = Response::new(Full::new(Bytes::from(text)));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    let json = HeaderValue::from_static("application/json");
    headers.insert(header::CONTENT_TYPE, json);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if status == StatusCode::UNAUTHORIZED {
        let challenge = HeaderValue::from_static("Bearer");
        headers.insert(header::WWW_AUTHENTICATE, challenge);
    }
    answer
}

/// Why a request is refused.
pub(crate) struct Refusal {
    status: StatusCode,
    error: &'static str,
    description: Cow<'static, str>,
}

impl Refusal {
    pub(crate) fn new(
        status: StatusCode,
        error: &'static str,
        description: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            status,
            error,
            description: description.into(),
        }
    }

    pub(crate) fn into_answer(self) -> Answer {
        let Self {
            status,
            error,
            description,
        } = self;
        let body = json!({"error": error, "error_description": description});
        value(status, &body)
    }
}
