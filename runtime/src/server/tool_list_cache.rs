//! The list of tools as JSON bytes, cached for all callers that see the same list.

use bytes::Bytes;
use quick_cache::{Weighter, sync::Cache};

use crate::{authorization::Permit, caller::Caller, scope::ScopeSet};

use super::{Visibility, handler::Shared, security_schemes};

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

impl Shared {
    /// Returns the `tools/list` result for an admitted caller, as JSON. Returns `None` if
    /// serialization fails.
    pub(super) fn tools_as_bytes(&self, permit: &Permit) -> Option<Bytes> {
        let granted = permit.caller().map(Caller::granted);
        let class = Class {
            // Read before the list is built: a list built during a switch is cached under the
            // old number and not served after the switch.
            switched: self.rules.switched(),
            granted: match self.visibility {
                Visibility::All => None,
                Visibility::Granted => granted,
            },
        };
        if let Some(list) = self.lists.0.get(&class) {
            return Some(list);
        }
        let mut list = serde_json::to_value(self.tools(permit)).ok()?;
        security_schemes::publish(&mut list);
        let list = Bytes::from(list.to_string());
        self.lists.0.insert(class, list.clone());
        Some(list)
    }
}
