//! An answer of the gate's own, which can be sent more than once.

use axum::body::Body;
use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Response, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE},
};
use quick_cache::sync::Cache;
use rmcp::model::RequestId;

use crate::{authorization::Target, scope::ScopeSet};

/// A status, headers and a JSON body.
#[derive(Debug, Clone)]
pub(super) struct PreparedResponse {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    body: JsonBody,
}

#[derive(Debug, Clone)]
enum JsonBody {
    Whole(Bytes),
    /// A JSON-RPC error, from behind the id to its end. The id is each request's own.
    AfterId(Bytes),
}

const BEFORE_ID: &[u8] = br#"{"jsonrpc":"2.0","id":"#;

impl PreparedResponse {
    /// An answer with this body.
    pub(super) fn new(status: StatusCode, body: &serde_json::Value) -> Self {
        Self::with(status, JsonBody::Whole(body.to_string().into()))
    }

    /// An answer whose body is this JSON-RPC error, for whichever request it answers.
    pub(super) fn of_error(status: StatusCode, error: &serde_json::Value) -> Self {
        let rest = format!(r#","error":{error}}}"#);
        Self::with(status, JsonBody::AfterId(rest.into()))
    }

    fn with(status: StatusCode, body: JsonBody) -> Self {
        let mut headers = HeaderMap::with_capacity(4);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        // RFC 6749 §5.1, RFC 9111 §3.5: what depends on a credential is nobody else's.
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        Self {
            status,
            headers,
            body,
        }
    }

    /// The answer to the request of this id, where it repeats one.
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

/// Which refusal of those that are told most: everybody who logs in gets the first, and
/// everybody who steps up the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum CachedRefusal {
    NoToken(ScopeSet),
    InsufficientScope(ScopeSet),
}

/// All that a refusal's answer depends on, but for the request's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct CacheKey {
    pub(super) refusal: CachedRefusal,
    pub(super) needed: ScopeSet,
    pub(super) item: Option<Target>,
    /// Whether the scheme `DPoP` is named as well.
    pub(super) dpop: bool,
    /// Whether the body is a JSON-RPC error.
    pub(super) is_rpc: bool,
}

/// How many are kept. There are as many as there are items and sets of scopes that somebody
/// lacks, and each is a kilobyte or two.
const KEPT: usize = 512;

/// The usual refusals, each made when it is told for the first time.
#[derive(Debug)]
pub(crate) struct RefusalCache(Cache<CacheKey, PreparedResponse>);

impl Default for RefusalCache {
    fn default() -> Self {
        Self(Cache::new(KEPT))
    }
}

impl RefusalCache {
    /// What was told before, else what `make` makes.
    pub(super) fn get_or_insert(
        &self,
        key: CacheKey,
        make: impl FnOnce() -> PreparedResponse,
    ) -> PreparedResponse {
        if let Some(made) = self.0.get(&key) {
            return made;
        }
        let made = make();
        self.0.insert(key, made.clone());
        made
    }
}
