//! The state between requests: codes, grants and revocations.

use aws_lc_rs::digest;

use super::{embedding_server::Thumbprint, expiring_map::ExpiringMap};

/// How long a code can be exchanged, in seconds.
pub(super) const CODE_LIFE: u64 = 60;
/// The lifetime of an access token, in seconds.
pub(super) const TOKEN_LIFE: u64 = 15 * 60;
/// The lifetime of an unused refresh token, in seconds.
const REFRESH_LIFE: u64 = 30 * 24 * 3600;
/// How long a consent is stored, in seconds, so that the next page can mark new scopes.
const CONSENT_LIFE: u64 = 365 * 24 * 3600;

/// One consent of a person to a client. The codes and tokens that result from it are its
/// family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Grant {
    pub(super) id: String,
    pub(super) client: String,
    pub(super) subject: String,
    pub(super) scopes: Vec<String>,
    /// Whether refresh tokens are issued.
    pub(super) offline: bool,
    /// The key that its tokens are bound to, including refresh tokens: the client is public,
    /// so the key is its only proof (RFC 9449 §5).
    pub(super) key: Option<Thumbprint>,
}

/// The data behind an authorization code.
pub(super) struct Code {
    pub(super) grant: Grant,
    /// The redirect URI that the request named, if it named one.
    pub(super) redirect: Option<String>,
    /// The S256 challenge (RFC 7636 §4.2).
    pub(super) challenge: String,
    /// The key that the client announced (RFC 9449 §10).
    pub(super) key: Option<Thumbprint>,
}

/// The stores. Every store is bounded and every entry expires.
pub(super) struct GrantStore {
    /// By digest, so that the time of a lookup reveals nothing about a code.
    codes: ExpiringMap<[u8; 32], CodeState>,
    renewals: ExpiringMap<String, Renewal>,
    /// Revoked grants and access tokens.
    ended: ExpiringMap<String, ()>,
    consents: ExpiringMap<(String, String), Vec<String>>,
    answered: ExpiringMap<String, Answered>,
}

enum CodeState {
    Fresh { code: Box<Code>, ends: u64 },
    Used { grant: String },
}

struct Renewal {
    grant: Grant,
    /// The number of the only valid refresh token.
    current: u64,
}

/// A decision and its redirect.
#[derive(Clone)]
pub(super) struct Answered {
    pub(super) form: [u8; 32],
    pub(super) location: String,
}

/// The reason why a code or a refresh token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
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
            renewals: ExpiringMap::new(5_000),
            ended: ExpiringMap::new(10_000),
            consents: ExpiringMap::new(1_000),
            answered: ExpiringMap::new(1_000),
        }
    }
}

impl GrantStore {
    pub(super) fn keep_code(&mut self, text: &str, code: Code, now: u64) {
        // Stored for as long as a token from it can live: see `take_code`.
        let forget = now.saturating_add(CODE_LIFE + TOKEN_LIFE);
        let ends = now.saturating_add(CODE_LIFE);
        let code = Box::new(code);
        let state = CodeState::Fresh { code, ends };
        self.codes.insert(digest(text), state, forget, now);
    }

    /// Uses up a code. A second use revokes the tokens of the first (RFC 6749 §4.1.2).
    pub(super) fn take_code(&mut self, text: &str, now: u64) -> Result<Code, Refused> {
        let state = self
            .codes
            .get_mut(&digest(text), now)
            .ok_or(Refused::Unknown)?;
        let grant = match state {
            CodeState::Fresh { ends, .. } if *ends <= now => return Err(Refused::Unknown),
            CodeState::Fresh { code, .. } => code.grant.id.clone(),
            CodeState::Used { grant } => {
                let grant = grant.clone();
                self.end_grant(&grant, now);
                return Err(Refused::Replayed);
            }
        };
        match std::mem::replace(state, CodeState::Used { grant }) {
            CodeState::Fresh { code, .. } => Ok(*code),
            CodeState::Used { .. } => Err(Refused::Unknown),
        }
    }

    /// Starts a family of refresh tokens. The first has number 0.
    pub(super) fn begin_renewals(&mut self, grant: Grant, now: u64) {
        let renewal = Renewal { current: 0, grant };
        let id = renewal.grant.id.clone();
        self.renewals
            .insert(id, renewal, now.saturating_add(REFRESH_LIFE), now);
    }

    /// Uses up a refresh token and returns the number of the next one (RFC 9700 §4.14.2).
    pub(super) fn renew(
        &mut self,
        id: &str,
        number: u64,
        client: &str,
        proved: Option<Thumbprint>,
        now: u64,
    ) -> Result<(Grant, u64), Refused> {
        let known = self.renewals.get(id, now).ok_or(Refused::Unknown)?;
        let (mut grant, current) = (known.grant.clone(), known.current);
        if grant.key.is_some() && grant.key != proved {
            return Err(Refused::OtherKey);
        }
        if grant.client != client || current != number {
            self.end_grant(id, now);
            return Err(if grant.client == client {
                Refused::Replayed
            } else {
                Refused::Stolen
            });
        }
        // Once a key is proved, all later tokens are bound to it.
        grant.key = proved;
        let next = current + 1;
        let renewal = Renewal {
            grant: grant.clone(),
            current: next,
        };
        self.renewals.insert(
            id.to_owned(),
            renewal,
            now.saturating_add(REFRESH_LIFE),
            now,
        );
        Ok((grant, next))
    }

    /// Returns the grant of a refresh token that is still valid.
    pub(super) fn renewable(&self, id: &str, number: u64, now: u64) -> Option<&Grant> {
        let renewal = self.renewals.get(id, now)?;
        (renewal.current == number).then_some(&renewal.grant)
    }

    /// Returns the grant of a refresh token, even if it is used up.
    pub(super) fn family(&self, id: &str, now: u64) -> Option<&Grant> {
        self.renewals.get(id, now).map(|renewal| &renewal.grant)
    }

    /// Revokes a grant: its refresh tokens are refused, and introspection reports its access
    /// tokens as inactive.
    pub(super) fn end_grant(&mut self, id: &str, now: u64) {
        self.renewals.remove(id);
        self.end(id, now);
    }

    /// Revokes one access token by its `jti`, or all access tokens of a grant by its id.
    pub(super) fn end(&mut self, id: &str, now: u64) {
        self.ended
            .insert(id.to_owned(), (), now.saturating_add(TOKEN_LIFE), now);
    }

    pub(super) fn has_ended(&self, id: &str, now: u64) -> bool {
        self.ended.get(id, now).is_some()
    }

    /// Returns the scopes that this person has granted to this client.
    pub(super) fn allowed(&self, client: &str, subject: &str, now: u64) -> Vec<String> {
        let key = (client.to_owned(), subject.to_owned());
        self.consents.get(&key, now).cloned().unwrap_or_default()
    }

    pub(super) fn allow(&mut self, grant: &Grant, scopes: &[String], now: u64) {
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
    pub(super) fn last_subject(&self, client: &str, now: u64) -> Option<String> {
        self.consents
            .newest(now)
            .find(|((known, _), _)| known == client)
            .map(|((_, subject), _)| subject.clone())
    }

    /// Returns up to eight persons who have granted scopes, latest first, each once.
    pub(super) fn subjects(&self, now: u64) -> Vec<String> {
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
    pub(super) fn sizes(&self) -> [usize; 3] {
        [self.codes.len(), self.renewals.len(), self.consents.len()]
    }

    /// Stores a decision until its request expires.
    pub(super) fn keep_answer(&mut self, id: &str, answered: Answered, ends: u64, now: u64) {
        self.answered.insert(id.to_owned(), answered, ends, now);
    }

    pub(super) fn answer(&self, id: &str, now: u64) -> Option<Answered> {
        self.answered.get(id, now).cloned()
    }
}

/// Computes the SHA-256 digest of a text.
pub(super) fn digest(text: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    let digest = digest::digest(&digest::SHA256, text.as_bytes());
    bytes.copy_from_slice(digest.as_ref());
    bytes
}
