//! Has the sender of this request the key that its token is bound to (RFC 9449)?
//!
//! A proof is a JWT that the client signs anew for each request, with the private key
//! whose public half it brings along. What is checked of it, in this order (§4.3):
//!
//! - [`proof`]: it is one proof, typed, by an algorithm of the list, and its signature is
//!   that of the key it brings
//! - here: the key is the token's; it is for this method, this address and this token;
//!   it was made now
//! - [`nonce`]: and not long ago, by this server's own clock, where that is asked for
//! - [`replay`]: and it is seen for the first time, by this process, which has to have
//!   run already when it was made
//!
//! The address is that of the configuration ([`target`]). `Host` says where a request was
//! sent to, and whoever relays somebody else's proof writes that.

use std::{fmt, hash::Hash, sync::Arc};

use aws_lc_rs::digest;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderName, Method};

use crate::{
    bearer::BearerToken,
    clock::{Clock, UnixTime},
    issuer::Algorithm,
    principal::{ProvedKey, Thumbprint},
};

mod nonce;
mod proof;
mod replay;
mod settings;
mod target;
#[cfg(test)]
mod tests;

pub(crate) use nonce::Nonces;
pub use settings::Dpop;

use proof::Proof;
use replay::{Replays, Room};

/// The header that carries a proof.
pub(crate) const PROOF: HeaderName = HeaderName::from_static("dpop");

/// The header that carries a nonce to the client.
pub(crate) const NONCE: &str = "dpop-nonce";

/// How old a proof may be, in seconds, beside the leeway for clocks. §11.1 recommends
/// seconds or minutes; a proof is made for one request and needs no more.
const MAX_AGE: u64 = 60;

/// A request as far as a proof speaks of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shown<'a> {
    method: &'a str,
    proof: Header<'a>,
}

/// The header of proofs, which has to be there once (§4.3, first check).
#[derive(Debug, Clone, Copy)]
enum Header<'a> {
    Absent,
    One(&'a [u8]),
    Repeated,
}

impl<'a> Shown<'a> {
    pub(crate) fn read(method: &'a Method, headers: &'a HeaderMap) -> Self {
        let mut proofs = headers.get_all(PROOF).iter();
        let proof = match (proofs.next(), proofs.next()) {
            (None, _) => Header::Absent,
            (Some(one), None) => Header::One(one.as_bytes()),
            (Some(_), Some(_)) => Header::Repeated,
        };
        Self {
            method: method.as_str(),
            proof,
        }
    }

    /// Whether there is anything that could be a proof.
    #[cfg(feature = "development-issuer")]
    pub(crate) fn has_proof(&self) -> bool {
        !matches!(self.proof, Header::Absent)
    }
}

/// What a proof has to be about.
pub(crate) struct About<'a> {
    /// The access token that it comes with; none where one is asked for.
    pub(crate) token: Option<&'a BearerToken>,
    /// The key that has to have made it; none where any key may bind itself.
    pub(crate) key: Option<Thumbprint>,
}

/// Why a request has not proved a key. Each sentence is ours, and fit for a challenge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unproved {
    /// There is no proof, or none that holds: `invalid_dpop_proof`.
    Invalid(&'static str),
    /// The proof holds, and it is by another key: `invalid_token` (§7.1).
    OtherKey,
    /// It has to say when it was made by this server's clock: `use_dpop_nonce` (§8).
    WantsNonce,
    /// So many proofs are remembered that no more can be: nobody knows whether this one
    /// was seen before.
    NoRoom,
}

/// Judges the proofs that are shown at one endpoint.
pub(crate) struct Proofs {
    /// The endpoint's addresses in normal form.
    targets: Vec<String>,
    algorithms: Vec<Algorithm>,
    leeway: u64,
    nonces: Option<Nonces>,
    replays: Replays,
    /// When this process began to remember proofs.
    since: UnixTime,
    clock: Arc<dyn Clock>,
}

impl Proofs {
    /// For an endpoint with these addresses. Proofs whose time differs from the clock's by
    /// more than `leeway` seconds are from the future; those that are [`MAX_AGE`] older
    /// are of the past.
    pub(crate) fn new(
        targets: impl IntoIterator<Item = impl AsRef<str>>,
        algorithms: Vec<Algorithm>,
        leeway: u64,
        nonces: Option<Nonces>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let targets = targets.into_iter();
        Self {
            targets: targets
                .filter_map(|address| target::normal(address.as_ref()))
                .collect(),
            algorithms,
            leeway,
            nonces,
            // From the earliest moment at which a proof is accepted to the last, which is
            // the end of its second: the clock tells whole ones.
            replays: Replays::new(MAX_AGE + 2 * leeway + 1),
            since: clock.now(),
            clock,
        }
    }

    /// Judges the proof of a request by this holder, who is whoever has to answer for how
    /// many proofs there are.
    ///
    /// # Errors
    ///
    /// What has not been [proved](Unproved). Only a proof that holds in every other
    /// respect is remembered, so a stranger's garbage takes no room.
    pub(crate) fn judge(
        &self,
        shown: &Shown<'_>,
        about: &About<'_>,
        holder: &(impl Hash + ?Sized),
    ) -> Result<ProvedKey, Unproved> {
        let proof = self.read(shown)?;
        if about.key.is_some_and(|key| key != proof.key) {
            return Err(Unproved::OtherKey);
        }
        if proof.method != shown.method {
            return Err(Unproved::Invalid("the proof's htm is not this method"));
        }
        let target = target::normal(&proof.target);
        if !target.is_some_and(|target| self.targets.contains(&target)) {
            return Err(Unproved::Invalid("the proof's htu is not this resource"));
        }
        if let Some(token) = about.token {
            match &proof.token_hash {
                None => return Err(Unproved::Invalid("the proof has no ath")),
                Some(hash) if *hash != token_hash(token) => {
                    return Err(Unproved::Invalid("the proof's ath is not the token's"));
                }
                Some(_) => {}
            }
        }
        let now = self.clock.now();
        self.judge_time(&proof, now)?;
        if let Some(nonces) = &self.nonces {
            match &proof.nonce {
                Some(nonce) if nonces.accepts(nonce, now) => {}
                // §8.2 and §11.3: one that has grown old is replaced, not punished.
                _ => return Err(Unproved::WantsNonce),
            }
        }
        self.judge_start(&proof)?;
        match self.replays.enter(holder, &proof.key, &proof.id) {
            Room::Entered => Ok(ProvedKey::of_verified_proof(proof.key)),
            Room::Replayed => Err(Unproved::Invalid("the proof was used before")),
            Room::Full => Err(Unproved::NoRoom),
        }
    }

    /// The nonce that the next proof may have, where proofs need one.
    pub(crate) fn nonce(&self) -> Option<String> {
        let nonces = self.nonces.as_ref()?;
        Some(nonces.current(self.clock.now()))
    }

    fn read(&self, shown: &Shown<'_>) -> Result<Proof, Unproved> {
        let text = match shown.proof {
            Header::Absent => return Err(Unproved::Invalid("the request has no DPoP proof")),
            Header::Repeated => {
                return Err(Unproved::Invalid(
                    "the request has more than one DPoP header",
                ));
            }
            Header::One(bytes) => std::str::from_utf8(bytes)
                .map_err(|_| Unproved::Invalid("the proof is no compact JWS"))?,
        };
        Proof::read(text, &self.algorithms).map_err(Unproved::Invalid)
    }

    /// Refuses a proof that may have been used at the process before this one: what that
    /// one remembered is gone (§11.1), and whoever saw the proof could wait for a restart.
    ///
    /// A nonce that this process alone gives out shows that a proof is newer, whatever time
    /// the client's clock told. Without one, a client whose clock is behind is refused for
    /// as many seconds after the start as it is behind, and its next proofs count.
    fn judge_start(&self, proof: &Proof) -> Result<(), Unproved> {
        if proof.issued_at >= self.since {
            return Ok(());
        }
        match &self.nonces {
            Some(nonces) if nonces.are_of_this_process() => Ok(()),
            // The answer names the nonce, and has the client make another proof.
            Some(_) => Err(Unproved::WantsNonce),
            None => Err(Unproved::Invalid(
                "the proof was made before this server started, and may have been used then: make a new proof",
            )),
        }
    }

    fn judge_time(&self, proof: &Proof, now: UnixTime) -> Result<(), Unproved> {
        let latest = now.plus(self.leeway);
        if proof.issued_at > latest || proof.not_before.is_some_and(|start| start > latest) {
            return Err(Unproved::Invalid("the proof is from the future"));
        }
        if now.since(proof.issued_at) > MAX_AGE + self.leeway
            || proof
                .expires_at
                .is_some_and(|end| now >= end.plus(self.leeway))
        {
            return Err(Unproved::Invalid("the proof is too old"));
        }
        Ok(())
    }
}

impl fmt::Debug for Proofs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proofs")
            .field("targets", &self.targets)
            .field("algorithms", &self.algorithms)
            .finish_non_exhaustive()
    }
}

/// `ath` (§4.2): the base64url text of the SHA-256 digest of the token's characters.
fn token_hash(token: &BearerToken) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(sha256(token.as_bytes()))
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut sum = [0; 32];
    sum.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    sum
}
