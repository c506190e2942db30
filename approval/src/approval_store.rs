//! [`ApprovalStore`]: the pending approvals and their sign-ins, bounded for each caller and in total.

use std::{collections::HashMap, time::Duration};

use tokio::sync::watch;
use toolgate_core::{caller::Identity, clock::UnixTime};

use crate::{
    concurrency_limiter::ConcurrencyLimiter,
    secret_text::is_equal,
    sign_in::{Redemption, SignIn},
};

/// How long a user may take to decide.
pub(crate) const LIFE: Duration = Duration::from_secs(5 * 60);

/// The maximum number of stored approvals of one caller, and of their bytes.
const APPROVALS_OF_CALLER: usize = 8;
const BYTES_OF_CALLER: usize = 64 * 1024;

/// The maximum number of all stored approvals, and of their bytes.
const APPROVALS: usize = 4096;
const BYTES: usize = 16 * 1024 * 1024;

/// How many browsers can sign in for one approval. A further one replaces the oldest that has not
/// signed in yet.
const SIGN_INS: usize = 4;

/// How many sign-ins can be started for one approval: each costs a request to the issuer, and no
/// rate of the endpoint counts it (CWE-770).
const STARTS: usize = 10;

/// How many codes of one caller are redeemed concurrently, of the limit that all callers share.
const REDEMPTIONS_OF_CALLER: usize = 2;

/// The maximum number of waiting requests of one caller, and of all callers.
const WAITERS_OF_CALLER: usize = 8;
const WAITERS: usize = 1024;

/// The memory of one approval and its sign-ins without their texts, in bytes.
const OVERHEAD: usize = 2048;

/// A request for an approval.
#[derive(Debug, Clone)]
pub struct NewApproval {
    /// The user who has to approve it.
    pub caller: Identity,
    /// The issuer at which the user signs in: `iss` of the caller's token.
    pub issuer: String,
    /// The user: `sub` of the caller's token.
    pub subject: String,
    /// The kind and the name of the item.
    pub item: String,
    /// The question, with all arguments, each in one line and escaped.
    pub question: String,
    /// The scopes to sign in with.
    pub scopes: Vec<String>,
}

/// The page of one approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The random id of the approval.
    pub id: String,
    /// The URL of its page.
    pub url: String,
    /// The time until the approval expires; never zero.
    pub left: Duration,
}

/// The state of an approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The user has approved it. This value is returned once.
    Approved,
    /// The user has declined it.
    Declined,
    /// The user has not decided yet.
    Pending(Page),
    /// It was used before, it has expired, or this caller has no such approval.
    Unknown,
}

/// A stored approval.
pub(crate) struct Approval {
    pub(crate) request: NewApproval,
    until: UnixTime,
    bytes: usize,
    /// `Some(true)` if the user has approved.
    decided: watch::Sender<Option<bool>>,
    sign_ins: Vec<SignIn>,
    starts: usize,
}

/// The next step for the response of an issuer.
pub(crate) enum Begun {
    /// Its code is redeemed, for an approval of this caller.
    Redemption {
        redemption: Redemption,
        caller: Identity,
        issuer: String,
    },
    /// Too many codes of the caller are being redeemed.
    Busy,
    /// This browser did not start such a sign-in.
    Refused,
}

/// The state of an approval for a request.
pub(crate) enum Found {
    Decided(bool),
    /// The user has not decided yet. The receiver gets the decision; it is `None` if the request
    /// does not wait.
    Pending(Duration, Option<watch::Receiver<Option<bool>>>),
    Unknown,
}

/// The result of a decision in a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deciding {
    Done,
    DecidedBefore,
    /// This browser has no sign-in of the user, or the form is not from its page.
    Refused,
}

/// The pending approvals, until they are used or expire.
pub(crate) struct ApprovalStore {
    all: HashMap<String, Approval>,
    bytes: usize,
    /// The requests that wait for a decision.
    pub(crate) waiters: ConcurrencyLimiter,
    /// The codes that are being redeemed.
    pub(crate) redemptions: ConcurrencyLimiter,
}

impl Default for ApprovalStore {
    fn default() -> Self {
        Self {
            all: HashMap::new(),
            bytes: 0,
            waiters: ConcurrencyLimiter::new(WAITERS_OF_CALLER, WAITERS),
            // The client of the issuer limits the redemptions of all callers.
            redemptions: ConcurrencyLimiter::new(REDEMPTIONS_OF_CALLER, usize::MAX),
        }
    }
}

impl ApprovalStore {
    /// Stores an approval, or refuses it at capacity. It never removes the approval of another
    /// caller.
    ///
    /// # Errors
    ///
    /// The reason, for the client.
    pub(crate) fn insert(
        &mut self,
        id: String,
        request: NewApproval,
        now: UnixTime,
    ) -> Result<(), &'static str> {
        self.remove_expired(now);
        let texts = [
            &request.issuer,
            &request.subject,
            &request.item,
            &request.question,
        ];
        let texts: usize = texts.iter().map(|text| text.len()).sum();
        let scopes: usize = request.scopes.iter().map(String::len).sum();
        let bytes = OVERHEAD + texts + scopes;
        let own = || {
            let own = self.all.values();
            own.filter(|one| one.request.caller == request.caller)
        };
        let own_bytes: usize = own().map(|one| one.bytes).sum();
        if own().count() >= APPROVALS_OF_CALLER || own_bytes + bytes > BYTES_OF_CALLER {
            return Err(
                "too many approvals of yours are pending, so nothing was done; decide them, or wait five minutes",
            );
        }
        if self.all.len() >= APPROVALS || self.bytes + bytes > BYTES {
            return Err(
                "too many approvals are pending on this server, so nothing was done; try again later",
            );
        }
        self.bytes += bytes;
        let approval = Approval {
            request,
            until: now.plus(LIFE.as_secs()),
            bytes,
            decided: watch::Sender::new(None),
            sign_ins: Vec::new(),
            starts: 0,
        };
        self.all.insert(id, approval);
        Ok(())
    }

    fn remove_expired(&mut self, now: UnixTime) {
        let bytes = &mut self.bytes;
        self.all.retain(|_, one| {
            let stays = one.until.since(now) > 0;
            if !stays {
                *bytes = bytes.saturating_sub(one.bytes);
            }
            stays
        });
    }

    pub(crate) fn remove(&mut self, id: &str) {
        if let Some(removed) = self.all.remove(id) {
            self.bytes = self.bytes.saturating_sub(removed.bytes);
        }
    }

    /// Returns an approval that has not expired.
    pub(crate) fn get(&mut self, id: &str, now: UnixTime) -> Option<&mut Approval> {
        self.all.get_mut(id).filter(|one| one.until.since(now) > 0)
    }

    /// Returns an approval of this caller.
    pub(crate) fn of_caller(
        &mut self,
        id: &str,
        caller: &Identity,
        now: UnixTime,
    ) -> Option<&mut Approval> {
        self.get(id, now)
            .filter(|one| one.request.caller == *caller)
    }

    /// Looks up the decision for a request of this caller, and removes it, so that it is returned
    /// once. With `waits`, a pending approval returns a receiver, within the limits of waiters.
    pub(crate) fn look_up(
        &mut self,
        id: &str,
        caller: &Identity,
        now: UnixTime,
        waits: bool,
    ) -> Found {
        let Some(approval) = self.of_caller(id, caller, now) else {
            return Found::Unknown;
        };
        let decided = *approval.decided.borrow();
        if let Some(approved) = decided {
            self.remove(id);
            return Found::Decided(approved);
        }
        let (left, waiting) = (approval.left(now), approval.subscribe());
        let waits = waits && self.waiters.try_acquire(caller);
        Found::Pending(left, waits.then_some(waiting))
    }

    /// Takes the redemption of the sign-in that this browser started with this state. If the caller
    /// is at its limit, the redemption stays stored, and the browser can try again.
    pub(crate) fn begin_redemption(
        &mut self,
        id: &str,
        state: &str,
        cookie: &str,
        now: UnixTime,
    ) -> Begun {
        let approval = self.all.get_mut(id);
        let Some(approval) = approval.filter(|one| one.until.since(now) > 0) else {
            return Begun::Refused;
        };
        if !approval.has_started(state, cookie) {
            return Begun::Refused;
        }
        let caller = approval.request.caller.clone();
        if !self.redemptions.try_acquire(&caller) {
            return Begun::Busy;
        }
        let Some(redemption) = approval.take_redemption(state, cookie) else {
            self.redemptions.release(&caller);
            return Begun::Refused;
        };
        Begun::Redemption {
            redemption,
            caller,
            issuer: approval.request.issuer.clone(),
        }
    }
}

impl Approval {
    /// Returns the time until it expires.
    pub(crate) fn left(&self, now: UnixTime) -> Duration {
        Duration::from_secs(self.until.since(now))
    }

    /// Returns a receiver of the decision.
    pub(crate) fn subscribe(&self) -> watch::Receiver<Option<bool>> {
        self.decided.subscribe()
    }

    /// Returns whether the user has decided.
    pub(crate) fn is_decided(&self) -> bool {
        self.decided.borrow().is_some()
    }

    /// Counts a sign-in that a browser with this cookie starts. Returns whether the browser may
    /// start it. Its earlier sign-in ends, because the browser gets another cookie.
    pub(crate) fn count_start(&mut self, cookie: &str) -> bool {
        if self.starts >= STARTS {
            return false;
        }
        self.sign_ins.retain(|one| one.form_token(cookie).is_none());
        let signed_in = self.sign_ins.iter().filter(|one| one.is_signed_in());
        let may_start = signed_in.count() < SIGN_INS;
        if may_start {
            self.starts += 1;
        }
        may_start
    }

    fn has_started(&self, state: &str, cookie: &str) -> bool {
        let mut all = self.sign_ins.iter();
        all.any(|one| one.redemption(state, cookie).is_some())
    }

    /// Adds the sign-in of a browser. At capacity it replaces the oldest unfinished sign-in, and
    /// never a finished one: anybody with the address of the page can start a sign-in (CWE-400).
    /// Returns `false` if every stored sign-in is finished.
    pub(crate) fn add(&mut self, sign_in: SignIn) -> bool {
        if self.sign_ins.len() >= SIGN_INS {
            let mut all = self.sign_ins.iter();
            let Some(oldest) = all.position(|one| !one.is_signed_in()) else {
                return false;
            };
            self.sign_ins.remove(oldest);
        }
        self.sign_ins.push(sign_in);
        true
    }

    /// Takes the redemption of the sign-in that this browser started with this state. A second
    /// response with the state finds nothing.
    pub(crate) fn take_redemption(&mut self, state: &str, cookie: &str) -> Option<Redemption> {
        let mut all = self.sign_ins.iter().enumerate();
        let (place, redemption) = all.find_map(|(place, one)| {
            let redemption = one.redemption(state, cookie)?;
            Some((place, redemption.clone()))
        })?;
        self.sign_ins.remove(place);
        Some(redemption)
    }

    /// Returns the token for the page of a browser in which the user has signed in, once for each
    /// sign-in.
    pub(crate) fn show_form(&mut self, cookie: &str) -> Option<&str> {
        let mut all = self.sign_ins.iter_mut();
        all.find_map(|one| one.show_form(cookie))
    }

    /// Returns the token of the form for a browser in which the user has signed in.
    pub(crate) fn form_token(&self, cookie: &str) -> Option<&str> {
        self.sign_ins.iter().find_map(|one| one.form_token(cookie))
    }

    /// Decides in place of the page, for a test of a server.
    #[cfg(feature = "testing")]
    pub(crate) fn decide_in_test(&mut self, approves: bool) -> bool {
        let is_first = !self.is_decided();
        if is_first {
            self.decided.send_replace(Some(approves));
        }
        is_first
    }

    /// Decides, if the form is from the page of a browser in which the user has signed in.
    pub(crate) fn decide(&mut self, cookie: &str, form_token: &str, approves: bool) -> Deciding {
        match self.form_token(cookie) {
            None => Deciding::Refused,
            Some(_) if self.is_decided() => Deciding::DecidedBefore,
            Some(token) if !is_equal(token, form_token) => Deciding::Refused,
            Some(_) => {
                self.decided.send_replace(Some(approves));
                Deciding::Done
            }
        }
    }
}

#[cfg(test)]
mod tests;
