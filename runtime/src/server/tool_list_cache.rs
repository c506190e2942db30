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
    /// The caller's roles, one bit for each role that the items name, if the list depends on
    /// them.
    roles: u128,
    /// Whether a person stands behind the caller, if the list depends on it.
    is_person: bool,
}

/// The cached lists.
pub(super) struct ToolListCache {
    lists: Cache<Class, Bytes, Length>,
    /// The roles that the items name, at most 128.
    roles: Vec<&'static str>,
}

#[derive(Clone)]
struct Length;

impl Weighter<Class, Bytes> for Length {
    fn weight(&self, _: &Class, list: &Bytes) -> u64 {
        list.len() as u64
    }
}

impl ToolListCache {
    pub(super) fn new(roles: Vec<&'static str>) -> Self {
        let lists = Cache::with_weighter(64, CAPACITY, Length);
        Self { lists, roles }
    }

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
        // A decision point decides about each list: two callers with the same scopes can see
        // different ones, so nothing is shared.
        if permit.is_decided() {
            return build();
        }
        let caller = match visibility {
            Visibility::All => None,
            Visibility::Granted => permit.caller(),
        };
        let class = Class {
            switched,
            granted: caller.map(Caller::granted),
            roles: caller.map_or(0, |caller| self.roles_of(caller)),
            is_person: caller.is_some_and(Caller::acts_for_person),
        };
        if let Some(list) = self.lists.get(&class) {
            return Some(list);
        }
        let list = build()?;
        self.lists.insert(class, list.clone());
        Some(list)
    }

    /// Two callers with equal scopes see different lists if their roles differ.
    fn roles_of(&self, caller: &Caller) -> u128 {
        let roles = self.roles.iter().zip(0..u128::BITS);
        let held = roles.filter(|(role, _)| caller.has_role(role));
        held.fold(0, |all, (_, bit)| all | 1 << bit)
    }
}
