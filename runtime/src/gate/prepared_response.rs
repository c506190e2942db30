//! [`PreparedResponse`]: a response of the gate, which can be sent more than once.

use axum::body::Body;
use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Response, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE},
};
use rmcp::model::RequestId;

/// An answer that can be sent more than once: a status, headers and a JSON body.
#[derive(Debug, Clone)]
pub(super) struct PreparedResponse {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    body: JsonBody,
}

#[derive(Debug, Clone)]
enum JsonBody {
    Whole(Bytes),
    /// A JSON-RPC error without its beginning and the id, which differs for each request.
    AfterId(Bytes),
}

const BEFORE_ID: &[u8] = br#"{"jsonrpc":"2.0","id":"#;

impl PreparedResponse {
    /// Prepares an answer with this body.
    pub(super) fn new(status: StatusCode, body: &serde_json::Value) -> Self {
        Self::with(status, JsonBody::Whole(body.to_string().into()))
    }

    /// Prepares an answer with this JSON-RPC error, for any request.
    pub(super) fn of_error(status: StatusCode, error: &serde_json::Value) -> Self {
        let rest = format!(r#","error":{error}}}"#);
        Self::with(status, JsonBody::AfterId(rest.into()))
    }

    fn with(status: StatusCode, body: JsonBody) -> Self {
        let mut headers = HeaderMap::with_capacity(4);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        // RFC 6749 §5.1, RFC 9111 §3.5: an answer that depends on a credential must not be
        // cached for other clients.
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        Self {
            status,
            headers,
            body,
        }
    }

    /// Returns the answer to the request with this id, if the answer repeats it.
    pub(super) fn into_response(self, id: Option<&RequestId>) -> Response<Body> {
        let body = match self.body {
            JsonBody::Whole(body) => body,
            JsonBody::AfterId(rest) => {
                let id = serde_json::to_string(&id).unwrap_or_else(|_| "null".to_owned());
                [BEFORE_ID, id.as_bytes(), &rest].concat().into()
            }
        };
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}
