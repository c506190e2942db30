//! An answer of the gate's own, which can be sent more than once.

use axum::body::Body;
use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Response, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE},
};
use quick_cache::sync::Cache;

use crate::scope::ScopeSet;

/// A status, headers and a JSON body.
#[derive(Debug, Clone)]
pub(super) struct Made {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    body: Bytes,
}

impl Made {
    pub(super) fn new(status: StatusCode, body: &serde_json::Value) -> Self {
        let mut headers = HeaderMap::with_capacity(4);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        // RFC 6749 §5.1, RFC 9111 §3.5: what depends on a credential is nobody else's.
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        Self {
            status,
            headers,
            body: body.to_string().into(),
        }
    }

    pub(super) fn into_response(self) -> Response<Body> {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

/// Which refusal of those that are told most: everybody who logs in gets the first, and
/// everybody who steps up the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Usual {
    NoToken(ScopeSet),
    InsufficientScope(ScopeSet),
}

/// How many are kept. There are as many as there are sets of scopes that somebody lacks,
/// and each is a kilobyte or two.
const KEPT: usize = 512;

/// The usual refusals, each made when it is told for the first time.
#[derive(Debug)]
pub(crate) struct Told(Cache<(Usual, bool), Made>);

impl Default for Told {
    fn default() -> Self {
        Self(Cache::new(KEPT))
    }
}

impl Told {
    /// What was told before; `bound` where the scheme `DPoP` is named as well.
    pub(super) fn again(&self, usual: Usual, bound: bool, make: impl FnOnce() -> Made) -> Made {
        if let Some(made) = self.0.get(&(usual, bound)) {
            return made;
        }
        let made = make();
        self.0.insert((usual, bound), made.clone());
        made
    }
}
