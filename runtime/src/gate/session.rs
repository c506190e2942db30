//! Whose MCP session is it?
//!
//! A session's id is no credential: it travels in a header, gets logged, and can be
//! guessed at. So a session answers only the principal that opened it, whichever of
//! their tokens they bring. One that was opened without a token, at a server that lets
//! anybody shake hands, belongs to the first principal who uses it; whoever else knew
//! its id is then shut out.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use http::HeaderName;
use tokio::time::Instant;

use crate::principal::{Identity, Principal};

/// The header that names a session, in the revisions that have them.
pub(super) const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");

/// How many sessions there can be. A session costs about 50 kB.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// Of one principal.
    per_principal: usize,
    /// Of callers without a token, who share one count.
    anonymous: usize,
    /// At all.
    in_all: usize,
}

const LIMITS: Limits = Limits {
    per_principal: 64,
    anonymous: 1024,
    in_all: 8192,
};

/// A session that nobody has used for so long is forgotten.
const IDLE: Duration = Duration::from_secs(60 * 60);

/// Which principal owns which session.
#[derive(Debug)]
pub(crate) struct Sessions {
    entries: Mutex<HashMap<String, Entry>>,
    limits: Limits,
}

impl Default for Sessions {
    fn default() -> Self {
        Self {
            entries: Mutex::default(),
            limits: LIMITS,
        }
    }
}

#[derive(Debug)]
struct Entry {
    owner: Option<Identity>,
    holder: Holder,
    used: Instant,
}

/// Whoever used a session last, by the token that they brought: none while nobody has
/// brought one.
///
/// A session outlives tokens, and what it is told unasked was asked for by an earlier one.
/// Its latest token decides what it may still be told.
#[derive(Debug, Clone, Default)]
pub(crate) struct Holder(Arc<Mutex<Option<Principal>>>);

impl Holder {
    /// Who it is now.
    pub(crate) fn principal(&self) -> Option<Principal> {
        self.lock().clone()
    }

    fn set(&self, principal: Option<&Principal>) {
        *self.lock() = principal.map(Principal::apart);
    }

    fn lock(&self) -> MutexGuard<'_, Option<Principal>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a caller is to a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It is theirs.
    Owner,
    /// It is somebody's, and the caller has shown no token.
    MustSayWho,
    /// There is none of this id, or it is another's, which looks the same.
    Stranger,
}

impl Sessions {
    /// Says what a caller is to a session, and notes that it was used.
    pub(crate) fn standing(&self, id: &str, caller: Option<&Principal>) -> Standing {
        let mut entries = self.lock();
        let identity = caller.map(Principal::identity);
        let theirs = |entry: &&Entry| entry.owner.is_some() && entry.owner == identity;
        let has_their_share = |entries: &HashMap<String, Entry>| {
            entries.values().filter(theirs).count() >= self.limits.per_principal
        };
        let is_nobodys = entries.get(id).is_some_and(|entry| entry.owner.is_none());
        // Sessions that are opened without a token and claimed with one count as well:
        // otherwise one principal could fill the table and push everybody else out.
        if is_nobodys && caller.is_some() && has_their_share(&entries) {
            return Standing::Stranger;
        }
        let Some(entry) = entries.get_mut(id) else {
            return Standing::Stranger;
        };
        match (&entry.owner, identity) {
            (None, None) => {}
            (None, Some(first)) => entry.owner = Some(first),
            (Some(_), None) => return Standing::MustSayWho,
            (Some(owner), Some(caller)) if *owner == caller => {}
            (Some(_), Some(_)) => return Standing::Stranger,
        }
        entry.holder.set(caller);
        entry.used = Instant::now();
        Standing::Owner
    }

    /// Who holds a session.
    pub(crate) fn holder(&self, id: &str) -> Option<Holder> {
        self.lock().get(id).map(|entry| entry.holder.clone())
    }

    /// Notes who opened a session. Returns the sessions that had to make room for it;
    /// they are to be closed.
    pub(crate) fn open(&self, id: String, owner: Option<&Principal>) -> Vec<String> {
        let holder = Holder::default();
        holder.set(owner);
        let owner = owner.map(Principal::identity);
        let Limits {
            per_principal,
            anonymous,
            in_all,
        } = self.limits;
        let limit = if owner.is_some() {
            per_principal
        } else {
            anonymous
        };
        let mut entries = self.lock();
        let mut closed = Vec::new();
        if entries.len() >= in_all {
            closed.extend(idle(&entries));
        }
        let theirs = |entry: &Entry| entry.owner == owner;
        closed.extend(oldest_beyond(&entries, &theirs, limit - 1));
        closed.extend(oldest_beyond(&entries, &|_| true, in_all - 1));
        for id in &closed {
            entries.remove(id);
        }
        entries.insert(
            id,
            Entry {
                owner,
                holder,
                used: Instant::now(),
            },
        );
        closed
    }

    /// Forgets a session that has ended.
    pub(crate) fn forget(&self, id: &str) {
        self.lock().remove(id);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        // Every change is one insertion or removal: a panic leaves nothing half done.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn idle(entries: &HashMap<String, Entry>) -> Vec<String> {
    entries
        .iter()
        .filter(|(_, entry)| entry.used.elapsed() > IDLE)
        .map(|(id, _)| id.clone())
        .collect()
}

/// Of the sessions that count, those least recently used beyond the first `keep`.
fn oldest_beyond(
    entries: &HashMap<String, Entry>,
    counts: &dyn Fn(&Entry) -> bool,
    keep: usize,
) -> Vec<String> {
    let mut counted: Vec<_> = entries.iter().filter(|(_, entry)| counts(entry)).collect();
    let mut oldest = Vec::new();
    // One at most, unless a limit was passed by more: each session that opens makes room.
    while counted.len() > keep {
        let used = counted
            .iter()
            .enumerate()
            .map(|(at, (_, entry))| (entry.used, at));
        let Some((_, at)) = used.min() else { break };
        oldest.push(counted.swap_remove(at).0.clone());
    }
    oldest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        claims::Claims,
        clock::UnixTime,
        principal::{Acceptance, VerifiedToken},
        scope::ScopeTable,
    };

    fn principal(issuer: &str, subject: &str, scopes: &str) -> Principal {
        let claims = Claims::new(issuer, UnixTime::from_seconds(9))
            .with_subject(subject)
            .with_audience("a")
            .with_scopes(scopes);
        Acceptance::new(["i", "j"], ["a"])
            .judge(
                VerifiedToken::new(claims, &ScopeTable::default()),
                UnixTime::from_seconds(1),
            )
            .unwrap()
            .of_bearer()
    }

    #[test]
    fn a_session_answers_its_principal_only() {
        let sessions = Sessions::default();
        let alice = principal("i", "alice", "");
        sessions.open("1".into(), Some(&alice));
        assert_eq!(sessions.standing("1", Some(&alice)), Standing::Owner);
        assert_eq!(
            sessions.standing("1", Some(&principal("i", "mallory", ""))),
            Standing::Stranger
        );
        assert_eq!(
            sessions.standing("1", Some(&principal("j", "alice", ""))),
            Standing::Stranger
        );
        assert_eq!(sessions.standing("1", None), Standing::MustSayWho);
        assert_eq!(sessions.standing("2", Some(&alice)), Standing::Stranger);
    }

    #[test]
    fn a_stepped_up_token_of_the_same_principal_goes_on() {
        let sessions = Sessions::default();
        sessions.open("1".into(), Some(&principal("i", "alice", "read")));
        let more = principal("i", "alice", "read write");
        assert_eq!(sessions.standing("1", Some(&more)), Standing::Owner);
    }

    #[test]
    fn a_session_is_held_by_the_token_that_its_principal_brought_last() {
        let sessions = Sessions::default();
        let alice = |scopes| principal("i", "alice", scopes);
        sessions.open("1".into(), Some(&alice("read")));
        let holder = sessions.holder("1").unwrap();
        let held = || holder.principal().unwrap().claims().scopes().count();
        assert_eq!(held(), 1);
        sessions.standing("1", Some(&alice("")));
        assert_eq!(held(), 0);
        // Whoever is turned away changes nothing.
        sessions.standing("1", Some(&principal("i", "mallory", "read write")));
        sessions.standing("1", None);
        assert_eq!(held(), 0);
        sessions.standing("1", Some(&alice("read write")));
        assert_eq!(held(), 2);
    }

    #[test]
    fn a_session_shares_no_memory_with_the_request_that_came_last() {
        let sessions = Sessions::default();
        let alice = principal("i", "alice", "read");
        sessions.open("1".into(), Some(&alice));
        let place = |held: &Principal| held.bearer().as_bytes().as_ptr();
        let held = || sessions.holder("1").unwrap().principal().unwrap();
        assert_ne!(place(&held()), place(&alice));
        let later = principal("i", "alice", "read");
        sessions.standing("1", Some(&later));
        assert_ne!(place(&held()), place(&later));
    }

    #[test]
    fn a_session_opened_without_a_token_is_the_first_principals() {
        let sessions = Sessions::default();
        sessions.open("1".into(), None);
        assert_eq!(sessions.standing("1", None), Standing::Owner);
        assert_eq!(
            sessions.standing("1", Some(&principal("i", "alice", ""))),
            Standing::Owner
        );
        assert_eq!(sessions.standing("1", None), Standing::MustSayWho);
        assert_eq!(
            sessions.standing("1", Some(&principal("i", "mallory", ""))),
            Standing::Stranger
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_flood_of_sessions_costs_its_own_principal_the_oldest() {
        let sessions = Sessions::default();
        let (alice, mallory) = (principal("i", "alice", ""), principal("i", "mallory", ""));
        sessions.open("alice".into(), Some(&alice));
        let mut closed = Vec::new();
        for number in 0..LIMITS.per_principal + 2 {
            tokio::time::advance(Duration::from_secs(1)).await;
            closed.extend(sessions.open(format!("m{number}"), Some(&mallory)));
        }
        assert_eq!(closed, ["m0", "m1"]);
        assert_eq!(sessions.standing("m0", Some(&mallory)), Standing::Stranger);
        assert_eq!(sessions.standing("alice", Some(&alice)), Standing::Owner);
    }

    #[test]
    fn a_session_that_was_nobodys_counts_as_soon_as_it_is_somebodys() {
        let sessions = Sessions::default();
        let mallory = principal("i", "mallory", "");
        let claim = |number: usize| {
            sessions.open(number.to_string(), None);
            sessions.standing(&number.to_string(), Some(&mallory))
        };
        for number in 0..LIMITS.per_principal {
            assert_eq!(claim(number), Standing::Owner);
        }
        // Whoever has their share starts anew, with their token, and pays with their own.
        for number in LIMITS.per_principal..200 {
            assert_eq!(claim(number), Standing::Stranger, "{number}");
        }
        assert_eq!(sessions.standing("0", Some(&mallory)), Standing::Owner);
        let alice = principal("i", "alice", "");
        assert_eq!(sessions.standing("199", Some(&alice)), Standing::Owner);
    }

    #[test]
    fn the_table_of_sessions_is_bounded() {
        let sessions = Sessions {
            limits: Limits {
                in_all: 20,
                ..LIMITS
            },
            ..Sessions::default()
        };
        for number in 0..30 {
            let owner = principal("i", &format!("p{number}"), "");
            sessions.open(number.to_string(), Some(&owner));
        }
        assert_eq!(sessions.lock().len(), 20);
    }

    #[test]
    fn an_ended_session_is_nobodys() {
        let sessions = Sessions::default();
        let alice = principal("i", "alice", "");
        sessions.open("1".into(), Some(&alice));
        sessions.forget("1");
        assert_eq!(sessions.standing("1", Some(&alice)), Standing::Stranger);
    }
}
