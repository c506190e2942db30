//! [`UsedStates`]: the request states that may be used only once.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use crate::{caller::Identity, clock::UnixTime};

/// How many states are remembered at most.
const CAPACITY: usize = 8192;

/// How many states of one caller are remembered at most.
const CAPACITY_OF_CALLER: usize = 256;

/// The used states, until they expire. A state that cannot be remembered is refused, so that a
/// full memory never lets one be used twice.
#[derive(Default)]
pub(super) struct UsedStates(Mutex<HashMap<String, Used>>);

struct Used {
    caller: Option<Identity>,
    until: UnixTime,
}

impl UsedStates {
    /// Remembers a state until it expires. Returns `false` if it was used before, or if too many
    /// are remembered.
    pub(super) fn insert(
        &self,
        id: &str,
        caller: Option<Identity>,
        until: UnixTime,
        now: UnixTime,
    ) -> bool {
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        used.retain(|_, one| one.until.since(now) > 0);
        let of_caller = used.values().filter(|one| one.caller == caller).count();
        if used.len() >= CAPACITY || of_caller >= CAPACITY_OF_CALLER || used.contains_key(id) {
            return false;
        }
        used.insert(id.to_owned(), Used { caller, until });
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> UnixTime {
        UnixTime::from_seconds(seconds)
    }

    #[test]
    fn a_state_is_used_once_until_it_expires() {
        let used = UsedStates::default();
        assert!(used.insert("a", None, at(20), at(10)));
        assert!(!used.insert("a", None, at(20), at(19)));
        assert!(used.insert("b", None, at(30), at(10)));
        // Its seal has expired, too: nothing opens it.
        assert!(used.insert("a", None, at(40), at(20)));
    }

    #[test]
    fn a_full_memory_refuses() {
        let used = UsedStates::default();
        for one in 0..CAPACITY_OF_CALLER {
            assert!(used.insert(&one.to_string(), None, at(20), at(10)));
        }
        assert!(!used.insert("one more", None, at(20), at(10)));
        assert!(used.insert("later", None, at(40), at(20)));
    }
}
