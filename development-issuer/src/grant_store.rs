//! The grants between requests: codes, grants and revocations.

use aws_lc_rs::digest;

use crate::{embedding_server::Thumbprint, expiring_map::ExpiringMap};

/// How long a code can be exchanged, in seconds.
pub(crate) const CODE_LIFE: u64 = 60;
/// The lifetime of an access token, in seconds.
pub(crate) const TOKEN_LIFE: u64 = 15 * 60;
/// The lifetime of an unused refresh token, in seconds.
const REFRESH_LIFE: u64 = 30 * 24 * 3600;
/// How long a consent is stored, in seconds, so that the next page can mark new scopes.
const CONSENT_LIFE: u64 = 365 * 24 * 3600;

/// How often a full store is logged at most, in seconds.
const WARNING_INTERVAL: u64 = 60;

/// One consent of a person to a client. The codes and tokens that result from it are its
/// family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grant {
    pub(crate) id: String,
    pub(crate) client: String,
    pub(crate) subject: String,
    pub(crate) scopes: Vec<String>,
    /// Whether refresh tokens are issued.
    pub(crate) offline: bool,
    pub(crate) roles: Vec<String>,
    /// The person's sign-in, or `None` for a program. A refresh does not change it.
    pub(crate) login: Option<Login>,
    /// The key that its tokens are bound to, including refresh tokens: the client is public,
    /// so the key is its only proof (RFC 9449 §5).
    pub(crate) key: Option<Thumbprint>,
}

/// How strongly a person has signed in, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Login {
    pub(crate) acr: String,
    pub(crate) time: u64,
}

/// The data behind an authorization code.
pub(crate) struct Code {
    pub(crate) grant: Grant,
    /// The redirect URI that the request named, if it named one.
    pub(crate) redirect: Option<String>,
    /// The S256 challenge (RFC 7636 §4.2).
    pub(crate) challenge: String,
    /// The key that the client announced (RFC 9449 §10).
    pub(crate) key: Option<Thumbprint>,
}

/// The stores. Every store is bounded and every entry expires.
pub(crate) struct GrantStore {
    /// By digest, so that the time of a lookup reveals nothing about a code.
    codes: ExpiringMap<[u8; 32], CodeState>,
    families: ExpiringMap<String, RefreshFamily>,
    /// Revoked grants and access tokens.
    revoked: ExpiringMap<String, ()>,
    consents: ExpiringMap<(String, String), Vec<String>>,
    decisions: ExpiringMap<String, Decision>,
    /// By digest: the assertions that were used.
    used: ExpiringMap<[u8; 32], ()>,
    /// When a full store was last logged.
    warned: u64,
}

enum CodeState {
    Fresh { code: Box<Code>, ends: u64 },
    Used { grant: String },
}

struct RefreshFamily {
    grant: Grant,
    /// The number of the only valid refresh token.
    current: u64,
}

/// A decision and its redirect.
#[derive(Clone)]
pub(crate) struct Decision {
    pub(crate) form: [u8; 32],
    pub(crate) location: String,
}

/// The reason why a code or a refresh token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GrantError {
    /// It was never issued, or has expired.
    Unknown,
    /// It was already used, so it has leaked. The whole family is revoked.
    Replayed,
    /// Another client sent it. The whole family is revoked.
    Stolen,
    /// It is bound to a key that the client has not proved. Nothing is revoked: without the
    /// key it is worthless.
    OtherKey,
}

impl Default for GrantStore {
    fn default() -> Self {
        Self {
            codes: ExpiringMap::new(2_000),
            families: ExpiringMap::new(5_000),
            revoked: ExpiringMap::new(10_000),
            consents: ExpiringMap::new(1_000),
            decisions: ExpiringMap::new(1_000),
            used: ExpiringMap::new(20_000),
            warned: 0,
        }
    }
}

impl GrantStore {
    pub(crate) fn store_code(&mut self, text: &str, code: Code, now: u64) {
        // Stored for as long as a token from it can live: see `take_code`.
        let forget = now.saturating_add(CODE_LIFE + TOKEN_LIFE);
        let ends = now.saturating_add(CODE_LIFE);
        let code = Box::new(code);
        let state = CodeState::Fresh { code, ends };
        self.codes.insert(digest(text), state, forget, now);
    }

    /// Uses up a code. A second use revokes the tokens of the first (RFC 6749 §4.1.2).
    pub(crate) fn take_code(&mut self, text: &str, now: u64) -> Result<Code, GrantError> {
        let state = self
            .codes
            .get_mut(&digest(text), now)
            .ok_or(GrantError::Unknown)?;
        let grant = match state {
            CodeState::Fresh { ends, .. } if *ends <= now => return Err(GrantError::Unknown),
            CodeState::Fresh { code, .. } => code.grant.id.clone(),
            CodeState::Used { grant } => {
                let grant = grant.clone();
                self.revoke_grant(&grant, now);
                return Err(GrantError::Replayed);
            }
        };
        match std::mem::replace(state, CodeState::Used { grant }) {
            CodeState::Fresh { code, .. } => Ok(*code),
            CodeState::Used { .. } => Err(GrantError::Unknown),
        }
    }

    /// Starts a family of refresh tokens. The first has number 0.
    pub(crate) fn start_family(&mut self, grant: Grant, now: u64) {
        let family = RefreshFamily { current: 0, grant };
        let id = family.grant.id.clone();
        self.families
            .insert(id, family, now.saturating_add(REFRESH_LIFE), now);
    }

    /// Uses up a refresh token and returns the number of the next one (RFC 9700 §4.14.2).
    pub(crate) fn rotate(
        &mut self,
        id: &str,
        number: u64,
        client: &str,
        proved: Option<Thumbprint>,
        now: u64,
    ) -> Result<(Grant, u64), GrantError> {
        let family = self.families.get(id, now).ok_or(GrantError::Unknown)?;
        let (mut grant, current) = (family.grant.clone(), family.current);
        if grant.key.is_some() && grant.key != proved {
            return Err(GrantError::OtherKey);
        }
        if grant.client != client || current != number {
            self.revoke_grant(id, now);
            return Err(if grant.client == client {
                GrantError::Replayed
            } else {
                GrantError::Stolen
            });
        }
        // Once a key is proved, all later tokens are bound to it.
        grant.key = proved;
        let next = current + 1;
        let family = RefreshFamily {
            grant: grant.clone(),
            current: next,
        };
        self.families
            .insert(id.to_owned(), family, now.saturating_add(REFRESH_LIFE), now);
        Ok((grant, next))
    }

    /// Returns the grant of a refresh token that is still valid.
    pub(crate) fn current_family(&self, id: &str, number: u64, now: u64) -> Option<&Grant> {
        let family = self.families.get(id, now)?;
        (family.current == number).then_some(&family.grant)
    }

    /// Returns the grant of a refresh token, even if it is used up.
    pub(crate) fn family(&self, id: &str, now: u64) -> Option<&Grant> {
        self.families.get(id, now).map(|family| &family.grant)
    }

    /// Revokes a grant: its refresh tokens are refused, and introspection reports its access
    /// tokens as inactive.
    pub(crate) fn revoke_grant(&mut self, id: &str, now: u64) {
        self.families.remove(id);
        self.revoke(id, now);
    }

    /// Revokes one access token by its `jti`, or all access tokens of a grant by its id.
    pub(crate) fn revoke(&mut self, id: &str, now: u64) {
        self.revoked
            .insert(id.to_owned(), (), now.saturating_add(TOKEN_LIFE), now);
    }

    pub(crate) fn is_revoked(&self, id: &str, now: u64) -> bool {
        self.revoked.get(id, now).is_some()
    }

    /// Returns the scopes that this person has granted to this client.
    pub(crate) fn allowed(&self, client: &str, subject: &str, now: u64) -> Vec<String> {
        let key = (client.to_owned(), subject.to_owned());
        self.consents.get(&key, now).cloned().unwrap_or_default()
    }

    pub(crate) fn allow(&mut self, grant: &Grant, scopes: &[String], now: u64) {
        let mut all = self.allowed(&grant.client, &grant.subject, now);
        for scope in scopes {
            if !all.contains(scope) {
                all.push(scope.clone());
            }
        }
        let key = (grant.client.clone(), grant.subject.clone());
        self.consents
            .insert(key, all, now.saturating_add(CONSENT_LIFE), now);
    }

    /// Returns the person who last granted this client a scope.
    pub(crate) fn last_subject(&self, client: &str, now: u64) -> Option<String> {
        self.consents
            .newest(now)
            .find(|((known, _), _)| known == client)
            .map(|((_, subject), _)| subject.clone())
    }

    /// Returns up to eight persons who have granted scopes, latest first, each once.
    pub(crate) fn subjects(&self, now: u64) -> Vec<String> {
        let mut subjects = Vec::new();
        for ((_, subject), _) in self.consents.newest(now) {
            if !subjects.contains(subject) && subjects.len() < 8 {
                subjects.push(subject.clone());
            }
        }
        subjects
    }

    /// Returns the numbers of stored codes, refresh token families and consents.
    #[cfg(test)]
    pub(crate) fn sizes(&self) -> [usize; 3] {
        [self.codes.len(), self.families.len(), self.consents.len()]
    }

    /// Marks a single-use value as used until it expires. Returns whether this is its first use,
    /// and `false` at capacity: an evicted value could be used again.
    pub(crate) fn use_once(&mut self, id: &str, ends: u64, now: u64) -> bool {
        let id = digest(id);
        let is_stored = self.used.insert_new(id, (), ends, now);
        let is_full = !is_stored && self.used.get(&id, now).is_none();
        if is_full && now >= self.warned + WARNING_INTERVAL {
            self.warned = now;
            tracing::warn!(
                "an assertion is refused that was not used before: the store of used ids is full"
            );
        }
        is_stored
    }

    /// Stores a decision until its request expires.
    pub(crate) fn store_decision(&mut self, id: &str, decision: Decision, ends: u64, now: u64) {
        self.decisions.insert(id.to_owned(), decision, ends, now);
    }

    pub(crate) fn decision(&self, id: &str, now: u64) -> Option<Decision> {
        self.decisions.get(id, now).cloned()
    }
}

/// Computes the SHA-256 digest of a text.
pub(crate) fn digest(text: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    let digest = digest::digest(&digest::SHA256, text.as_bytes());
    bytes.copy_from_slice(digest.as_ref());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_store_refuses_new_ids_and_is_logged_once_a_minute() {
        let mut store = GrantStore {
            used: ExpiringMap::new(1),
            ..GrantStore::default()
        };
        assert!(store.use_once("a", 1000, 100));
        assert!(!store.use_once("a", 1000, 100), "a replay");
        assert_eq!(store.warned, 0);
        for (now, logged) in [(101, 101), (160, 101), (161, 161)] {
            assert!(!store.use_once("b", 1000, now));
            assert_eq!(store.warned, logged);
        }
        assert!(store.use_once("b", 2000, 1000), "the first one has expired");
    }
}
