//! Prepared answers of the gate, and a cache for those that are sent most often.

use axum::body::Body;
use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Response, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE},
};
use quick_cache::sync::Cache;
use rmcp::model::RequestId;

use crate::{authorization::Target, scope::ScopeSet};

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

/// The refusals that are sent most often: each client that logs in gets the first, and each
/// client that steps up the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum CachedRefusal {
    NoToken(ScopeSet),
    InsufficientScope(ScopeSet),
}

/// Everything that the answer of a refusal depends on, except the id of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct CacheKey {
    pub(super) refusal: CachedRefusal,
    pub(super) needed: ScopeSet,
    pub(super) item: Option<Target>,
    /// Whether the challenges name the scheme `DPoP`, too.
    pub(super) dpop: bool,
    /// Whether the body is a JSON-RPC error.
    pub(super) is_rpc: bool,
}

/// The maximum number of cached answers. There is one for each item and each set of missing
/// scopes, and each has one or two kilobytes.
const CAPACITY: usize = 512;

/// The cached answers. Each is prepared when it is sent for the first time.
#[derive(Debug)]
pub(crate) struct RefusalCache(Cache<CacheKey, PreparedResponse>);

impl Default for RefusalCache {
    fn default() -> Self {
        Self(Cache::new(CAPACITY))
    }
}

impl RefusalCache {
    /// Returns the cached answer, or prepares it with `make`.
    pub(super) fn get_or_insert(
        &self,
        key: CacheKey,
        make: impl FnOnce() -> PreparedResponse,
    ) -> PreparedResponse {
        if let Some(response) = self.0.get(&key) {
            return response;
        }
        let response = make();
        self.0.insert(key, response.clone());
        response
    }
}
