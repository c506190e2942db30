//! [`UsedStates`]: the request states that may be used only once.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use crate::{caller::Identity, clock::UnixTime};

/// How many states are stored at most.
const CAPACITY: usize = 8192;

/// How many states of one caller are stored at most.
const CAPACITY_OF_CALLER: usize = 256;

/// How many states of all callers without a token are stored at most. They cannot be told apart.
const CAPACITY_OF_STRANGERS: usize = CAPACITY / 2;

/// The result of using a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::item) enum StateRedemption {
    /// It was not used before.
    First,
    /// It was used before.
    Repeated,
    /// Too many states are stored, so this one cannot be used.
    AtCapacity,
}

/// The used states, until they expire. At capacity a state is refused, so that none is used twice.
#[derive(Default)]
pub(super) struct UsedStates(Mutex<HashMap<String, Used>>);

struct Used {
    caller: Option<Identity>,
    until: UnixTime,
}

impl UsedStates {
    /// Stores a state until it expires.
    pub(super) fn insert(
        &self,
        id: &str,
        caller: Option<Identity>,
        until: UnixTime,
        now: UnixTime,
    ) -> StateRedemption {
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        used.retain(|_, one| one.until.since(now) > 0);
        if used.contains_key(id) {
            return StateRedemption::Repeated;
        }
        let of_caller = used.values().filter(|one| one.caller == caller).count();
        let share = match caller {
            Some(_) => CAPACITY_OF_CALLER,
            None => CAPACITY_OF_STRANGERS,
        };
        if used.len() >= CAPACITY || of_caller >= share {
            return StateRedemption::AtCapacity;
        }
        used.insert(id.to_owned(), Used { caller, until });
        StateRedemption::First
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{claims::Claims, scope::ScopeTable};

    fn at(seconds: u64) -> UnixTime {
        UnixTime::from_seconds(seconds)
    }

    #[test]
    fn a_state_is_used_once_until_it_expires() {
        let used = UsedStates::default();
        assert_eq!(
            used.insert("a", None, at(20), at(10)),
            StateRedemption::First
        );
        assert_eq!(
            used.insert("a", None, at(20), at(19)),
            StateRedemption::Repeated
        );
        assert_eq!(
            used.insert("b", None, at(30), at(10)),
            StateRedemption::First
        );
        // Its seal has expired, too: nothing opens it.
        assert_eq!(
            used.insert("a", None, at(40), at(20)),
            StateRedemption::First
        );
    }

    #[test]
    fn a_caller_or_unauthenticated_client_who_fills_a_share_does_not_stop_others() {
        let used = UsedStates::default();
        let caller = |name: &str| {
            let claims = Claims::new("i", at(99)).with_subject(name);
            let claims = claims.with_audience("a");
            Some(crate::tests::caller(claims, &ScopeTable::default()).identity())
        };
        let mut callers = [
            (caller("alice"), CAPACITY_OF_CALLER),
            (None, CAPACITY_OF_STRANGERS),
        ];
        for (who, (caller, share)) in callers.iter_mut().enumerate() {
            for one in 0..*share {
                let id = format!("{who} {one}");
                assert_eq!(
                    used.insert(&id, caller.clone(), at(20), at(10)),
                    StateRedemption::First
                );
            }
            let more = used.insert("more", caller.take(), at(20), at(10));
            assert_eq!(more, StateRedemption::AtCapacity);
        }
        // A repeated state is recognised at capacity, too.
        assert_eq!(
            used.insert("1 0", None, at(20), at(10)),
            StateRedemption::Repeated
        );
        assert_eq!(
            used.insert("b", caller("bob"), at(20), at(10)),
            StateRedemption::First
        );
        assert_eq!(
            used.insert("later", None, at(40), at(20)),
            StateRedemption::First
        );
    }
}
