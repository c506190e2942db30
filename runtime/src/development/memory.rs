//! What is remembered between requests: codes, what was granted, what has ended.

use aws_lc_rs::digest;

use super::store::Store;
use crate::{clock::UnixTime, principal::Thumbprint};

/// How long a code can be exchanged, in seconds.
pub(super) const CODE_LIFE: u64 = 60;
/// How long an access token lives, in seconds.
pub(super) const TOKEN_LIFE: u64 = 15 * 60;
/// How long a refresh token can rest unused, in seconds.
const REFRESH_LIFE: u64 = 30 * 24 * 3600;
/// How long an allowance is remembered, to tell what is new in the next one.
const CONSENT_LIFE: u64 = 365 * 24 * 3600;

/// One yes of a person to a client. Codes and tokens that come of it are its family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Grant {
    pub(super) id: String,
    pub(super) client: String,
    pub(super) subject: String,
    pub(super) scopes: Vec<String>,
    /// Whether it comes with refresh tokens.
    pub(super) offline: bool,
    /// The key that its tokens are bound to, refresh tokens among them: the client is
    /// public, so the key is all that it has to show (RFC 9449 §5).
    pub(super) key: Option<Thumbprint>,
}

/// What an authorization code stands for.
pub(super) struct Code {
    pub(super) grant: Grant,
    /// The redirect URI that the request named, if it named one.
    pub(super) redirect: Option<String>,
    /// The S256 challenge (RFC 7636 §4.2).
    pub(super) challenge: String,
    /// The key that the client said it would prove (RFC 9449 §10).
    pub(super) key: Option<Thumbprint>,
}

/// Every store is bounded and every entry ends.
pub(super) struct Memory {
    /// By digest, so that no comparison of a guess with a code takes a telling time.
    codes: Store<[u8; 32], CodeState>,
    renewals: Store<String, Renewal>,
    /// Grants, and single tokens, that were ended before their time.
    ended: Store<String, ()>,
    consents: Store<(String, String), Vec<String>>,
    answered: Store<String, Answered>,
}

enum CodeState {
    Fresh { code: Box<Code>, ends: UnixTime },
    Used { grant: String },
}

struct Renewal {
    grant: Grant,
    /// The number of the one refresh token that counts.
    current: u64,
}

/// A decision that was made, and where it led.
#[derive(Clone)]
pub(super) struct Answered {
    pub(super) form: [u8; 32],
    pub(super) location: String,
}

/// Why a code or a refresh token is not honoured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// It was never given out, or has ended.
    Unknown,
    /// It was used before: somebody has a copy. Its whole family has been ended.
    Replayed,
    /// Another client presents it. Its whole family has been ended.
    Stolen,
    /// It is bound to a key, and whoever presents it has not proved that one. Nothing has
    /// been ended: to hold it is worth nothing.
    OtherKey,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            codes: Store::new(2_000),
            renewals: Store::new(5_000),
            ended: Store::new(10_000),
            consents: Store::new(1_000),
            answered: Store::new(1_000),
        }
    }
}

impl Memory {
    pub(super) fn keep_code(&mut self, text: &str, code: Code, now: UnixTime) {
        // Remembered as long as a token can live that came of it: see `take_code`.
        let forget = now.plus(CODE_LIFE + TOKEN_LIFE);
        let ends = now.plus(CODE_LIFE);
        let code = Box::new(code);
        let state = CodeState::Fresh { code, ends };
        self.codes.insert(digest(text), state, forget, now);
    }

    /// Uses a code up. A second use ends what came of the first (RFC 6749 §4.1.2).
    pub(super) fn take_code(&mut self, text: &str, now: UnixTime) -> Result<Code, Refused> {
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

    /// Starts a family of refresh tokens; its first has number 0.
    pub(super) fn begin_renewals(&mut self, grant: Grant, now: UnixTime) {
        let renewal = Renewal { current: 0, grant };
        let id = renewal.grant.id.clone();
        self.renewals
            .insert(id, renewal, now.plus(REFRESH_LIFE), now);
    }

    /// Uses a refresh token up and names the number of the next (RFC 9700 §4.14.2).
    pub(super) fn renew(
        &mut self,
        id: &str,
        number: u64,
        client: &str,
        proved: Option<Thumbprint>,
        now: UnixTime,
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
        // What comes of it is bound from the first proof on.
        grant.key = proved;
        let next = current + 1;
        let renewal = Renewal {
            grant: grant.clone(),
            current: next,
        };
        self.renewals
            .insert(id.to_owned(), renewal, now.plus(REFRESH_LIFE), now);
        Ok((grant, next))
    }

    /// The grant of a refresh token, as long as that one counts.
    pub(super) fn renewable(&self, id: &str, number: u64, now: UnixTime) -> Option<&Grant> {
        let renewal = self.renewals.get(id, now)?;
        (renewal.current == number).then_some(&renewal.grant)
    }

    /// The grant of a refresh token, even of one that was used up.
    pub(super) fn family(&self, id: &str, now: UnixTime) -> Option<&Grant> {
        self.renewals.get(id, now).map(|renewal| &renewal.grant)
    }

    /// Ends a grant: no refresh token of it counts, and introspection denies its tokens.
    pub(super) fn end_grant(&mut self, id: &str, now: UnixTime) {
        self.renewals.remove(id);
        self.end(id, now);
    }

    /// Ends one access token by its `jti`, or a grant's access tokens by its id.
    pub(super) fn end(&mut self, id: &str, now: UnixTime) {
        self.ended
            .insert(id.to_owned(), (), now.plus(TOKEN_LIFE), now);
    }

    pub(super) fn has_ended(&self, id: &str, now: UnixTime) -> bool {
        self.ended.get(id, now).is_some()
    }

    /// What this person has allowed this client so far.
    pub(super) fn allowed(&self, client: &str, subject: &str, now: UnixTime) -> Vec<String> {
        let key = (client.to_owned(), subject.to_owned());
        self.consents.get(&key, now).cloned().unwrap_or_default()
    }

    pub(super) fn allow(&mut self, grant: &Grant, scopes: &[String], now: UnixTime) {
        let mut all = self.allowed(&grant.client, &grant.subject, now);
        for scope in scopes {
            if !all.contains(scope) {
                all.push(scope.clone());
            }
        }
        let key = (grant.client.clone(), grant.subject.clone());
        self.consents.insert(key, all, now.plus(CONSENT_LIFE), now);
    }

    /// Who allowed this client something last.
    pub(super) fn last_subject(&self, client: &str, now: UnixTime) -> Option<String> {
        self.consents
            .newest(now)
            .find(|((known, _), _)| known == client)
            .map(|((_, subject), _)| subject.clone())
    }

    /// Some of those who allowed anything, the latest first, each once.
    pub(super) fn subjects(&self, now: UnixTime) -> Vec<String> {
        let mut subjects = Vec::new();
        for ((_, subject), _) in self.consents.newest(now) {
            if !subjects.contains(subject) && subjects.len() < 8 {
                subjects.push(subject.clone());
            }
        }
        subjects
    }

    /// How many codes, refresh token families and allowances are kept.
    #[cfg(test)]
    pub(super) fn sizes(&self) -> [usize; 3] {
        [self.codes.len(), self.renewals.len(), self.consents.len()]
    }

    /// Remembers a decision until the request that it answers has ended.
    pub(super) fn keep_answer(
        &mut self,
        id: &str,
        answered: Answered,
        ends: UnixTime,
        now: UnixTime,
    ) {
        self.answered.insert(id.to_owned(), answered, ends, now);
    }

    pub(super) fn answer(&self, id: &str, now: UnixTime) -> Option<Answered> {
        self.answered.get(id, now).cloned()
    }
}

/// SHA-256 of a text.
pub(super) fn digest(text: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    let digest = digest::digest(&digest::SHA256, text.as_bytes());
    bytes.copy_from_slice(digest.as_ref());
    bytes
}
