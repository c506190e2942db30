//! The first page of the list of tools as JSON bytes, cached for all callers that see the same list.

use bytes::Bytes;
use quick_cache::{Weighter, sync::Cache};

use crate::{authorization::Permit, caller::Caller, scope::ScopeSet};

use super::Visibility;

/// How many bytes of lists are cached at most.
const CAPACITY: u64 = 16 * 1024 * 1024;

/// The cache key: callers with the same key see the same list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Class {
    /// The number of the last change of the switches.
    switched: u64,
    /// The granted scopes, if the list depends on them; `None` for unauthenticated clients.
    granted: Option<ScopeSet>,
}

/// The cached lists.
pub(super) struct ToolListCache(Cache<Class, Bytes, Length>);

impl Default for ToolListCache {
    fn default() -> Self {
        Self(Cache::with_weighter(64, CAPACITY, Length))
    }
}

#[derive(Clone)]
struct Length;

impl Weighter<Class, Bytes> for Length {
    fn weight(&self, _: &Class, list: &Bytes) -> u64 {
        list.len() as u64
    }
}

impl ToolListCache {
    /// Returns the cached list for a caller, or builds it with `build` and caches it.
    ///
    /// `switched` is the number of switches before this call: a list that is built during a
    /// switch is cached under the old number and not served after the switch.
    pub(super) fn get_or_build(
        &self,
        switched: u64,
        visibility: Visibility,
        permit: &Permit,
        build: impl FnOnce() -> Option<Bytes>,
    ) -> Option<Bytes> {
        let class = Class {
            switched,
            granted: match visibility {
                Visibility::All => None,
                Visibility::Granted => permit.caller().map(Caller::granted),
            },
        };
        if let Some(list) = self.0.get(&class) {
            return Some(list);
        }
        let list = build()?;
        self.0.insert(class, list.clone());
        Some(list)
    }
}
