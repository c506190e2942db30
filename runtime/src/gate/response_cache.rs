//! A cache of the refusals that are sent most often.

use quick_cache::sync::Cache;

use crate::{authorization::Target, scope::ScopeSet};

use super::prepared_response::PreparedResponse;

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
