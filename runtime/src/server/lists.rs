//! The list of tools as bytes, made once for all who see the same.

use bytes::Bytes;
use quick_cache::{Weighter, sync::Cache};

use crate::{admission::Admission, principal::Principal, scope::ScopeSet};

use super::{Visibility, handler::Shared, schemes};

/// How many bytes of lists are kept at most.
const CAPACITY: u64 = 16 * 1024 * 1024;

/// Those who are shown the same, as long as nothing is switched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Class {
    /// Which change of the switches was the last.
    switched: u64,
    /// What its callers are granted, where that makes a difference; none for callers
    /// without a token.
    granted: Option<ScopeSet>,
}

/// Lists that were made before.
pub(super) struct Lists(Cache<Class, Bytes, Length>);

impl Default for Lists {
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
    /// What `tools/list` answers to an admitted caller, as JSON. None if there is no JSON
    /// for it.
    pub(super) fn tools_as_bytes(&self, admission: &Admission) -> Option<Bytes> {
        let granted = admission.principal().map(Principal::granted);
        let class = Class {
            // Before the list is made: one that is made while something is switched is kept
            // as one of before, and is shown to nobody after.
            switched: self.rules.switched(),
            granted: match self.visibility {
                Visibility::All => None,
                Visibility::Granted => granted,
            },
        };
        if let Some(list) = self.lists.0.get(&class) {
            return Some(list);
        }
        let mut list = serde_json::to_value(self.tools(admission)).ok()?;
        schemes::publish(&mut list);
        let list = Bytes::from(list.to_string());
        self.lists.0.insert(class, list.clone());
        Some(list)
    }
}
