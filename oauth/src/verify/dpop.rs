//! Verifies that the sender of a request has the key that its token is bound to (RFC 9449).
//!
//! A proof is a JWT that the client signs for each request. It contains the public key that
//! verifies it. The checks, in this order (§4.3):
//!
//! - [`proof`]: one proof, with the right type and an accepted algorithm, signed by its own
//!   key
//! - here: the key is the token's; the proof is for this method, this URL and this token,
//!   and its time is now
//! - [`nonce`]: if required, it has a recent nonce of this server
//! - [`replay`]: this process sees it for the first time, and was already running when the
//!   proof was made; with a shared store, all replicas together
//!
//! The URL comes from the configuration ([`target`]), not from `Host`: a party that relays a
//! stolen proof chooses that header.

use std::{fmt, hash::Hash, sync::Arc, time::Duration};

use aws_lc_rs::digest;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use futures_util::{FutureExt, future::BoxFuture};
use http::{HeaderMap, HeaderName, Method};
use toolgate_store::{OneTimeUse, OneTimeUses, Purpose, UseOutcome};

use crate::{
    caller::{ProvedKey, Thumbprint},
    clock::{Clock, UnixTime},
    credentials::BearerToken,
    issuer::Algorithm,
    log_text::QuotedText,
};

mod nonce;
mod proof;
mod replay;
mod settings;
mod target;
#[cfg(test)]
mod tests;

pub use nonce::Nonces;
pub use settings::{Dpop, LONGEST_PROOF_AGE, ProofTimes};

use proof::Proof;
use replay::{Outcome, Replays};

/// The header that carries a proof.
pub const PROOF: HeaderName = HeaderName::from_static("dpop");

/// The header that carries a nonce to the client.
pub const NONCE: &str = "dpop-nonce";

/// The refusal of a proof that was used before (RFC 9449 §11.1).
const REPLAYED: ProofError = ProofError::Invalid("the proof was used before");

/// The parts of a request that a proof covers.
#[derive(Debug, Clone, Copy)]
pub struct DpopRequest<'a> {
    method: &'a str,
    proof: Header<'a>,
}

/// The `DPoP` header, which must occur exactly once (§4.3, first check).
#[derive(Debug, Clone, Copy)]
enum Header<'a> {
    Absent,
    One(&'a [u8]),
    Repeated,
}

impl<'a> DpopRequest<'a> {
    /// Reads the parts of a request that a proof is about.
    pub fn from_request(method: &'a Method, headers: &'a HeaderMap) -> Self {
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

    /// Returns whether the request has a `DPoP` header.
    pub fn has_proof(&self) -> bool {
        !matches!(self.proof, Header::Absent)
    }
}

/// What a proof must match.
pub struct ProofRequirements<'a> {
    /// The access token sent with it; `None` at the token endpoint.
    pub token: Option<&'a BearerToken>,
    /// The key that must have signed it; `None` if any key may.
    pub key: Option<Thumbprint>,
}

/// Why a request has not proved a key. Each sentence is fixed and valid in a challenge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofError {
    /// The proof is missing or invalid: `invalid_dpop_proof`.
    Invalid(&'static str),
    /// The proof is valid, but signed by another key: `invalid_token` (§7.1).
    OtherKey,
    /// The proof needs a current nonce: `use_dpop_nonce` (§8).
    WantsNonce,
    /// The replay cache is full, so the server cannot know whether this proof was used
    /// before.
    AtCapacity,
    /// The store of all replicas does not answer, so the use of the proof is unknown.
    StoreAway,
}

/// Records a proof in the store of all replicas.
pub(super) type Recording<'p> = BoxFuture<'p, Result<(), ProofError>>;

/// Verifies the proofs sent to one endpoint.
pub struct Proofs {
    /// The endpoint's URLs in normal form.
    targets: Vec<String>,
    algorithms: Vec<Algorithm>,
    times: ProofTimes,
    nonces: Option<Nonces>,
    replays: Replays,
    /// The proofs of all replicas, if they share a store.
    shared: Option<OneTimeUses>,
    /// When this process started to record proofs.
    since: UnixTime,
    clock: Arc<dyn Clock>,
}

impl Proofs {
    /// Builds the verifier for an endpoint with these URLs. It refuses proofs whose time is further
    /// ahead of the clock, or further behind it, than `times` allows.
    pub fn new(
        targets: impl IntoIterator<Item = impl AsRef<str>>,
        algorithms: Vec<Algorithm>,
        times: ProofTimes,
        nonces: Option<Nonces>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            targets: targets
                .into_iter()
                .filter_map(|address| target::normalize(address.as_ref()))
                .collect(),
            algorithms,
            times,
            nonces,
            replays: Replays::new(times.window()),
            shared: None,
            since: clock.now(),
            clock,
        }
    }

    /// Also records proofs in the store of all replicas. A proof that one replica has accepted is
    /// then refused by every other.
    #[must_use]
    pub fn with_shared_uses(mut self, uses: Option<OneTimeUses>) -> Self {
        self.shared = uses;
        self
    }

    /// Verifies the proof of a request. If the replicas share a store, the key is proved only after
    /// the returned future has recorded the proof there.
    ///
    /// # Errors
    ///
    /// As [`verify`](Self::verify).
    pub(super) fn verify_with_replicas(
        &self,
        request: &DpopRequest<'_>,
        requirements: &ProofRequirements<'_>,
        holder: &(impl Hash + ?Sized),
    ) -> Result<(ProvedKey, Option<Recording<'_>>), ProofError> {
        let (proof, proved) = self.verify_here(request, requirements, holder)?;
        let uses = self.shared.as_ref();
        // Boxed, so that the future of other requests stays small.
        let recording = uses.map(|uses| self.use_at_replicas(uses, proof).boxed());
        Ok((proved, recording))
    }

    /// Verifies the proof of a request. `holder` is the party that the replay cache counts
    /// the proof for.
    ///
    /// # Errors
    ///
    /// A [`ProofError`] that names the failed check. Only a proof that passes every other
    /// check is recorded, so an unauthenticated client's garbage takes no capacity.
    pub fn verify(
        &self,
        request: &DpopRequest<'_>,
        requirements: &ProofRequirements<'_>,
        holder: &(impl Hash + ?Sized),
    ) -> Result<ProvedKey, ProofError> {
        let verified = self.verify_here(request, requirements, holder);
        verified.map(|(_, proved)| proved)
    }

    fn verify_here(
        &self,
        request: &DpopRequest<'_>,
        requirements: &ProofRequirements<'_>,
        holder: &(impl Hash + ?Sized),
    ) -> Result<(Proof, ProvedKey), ProofError> {
        let proof = self.parse(request)?;
        if requirements.key.is_some_and(|key| key != proof.key) {
            return Err(ProofError::OtherKey);
        }
        if proof.method != request.method {
            return Err(ProofError::Invalid("the proof's htm is not this method"));
        }
        let target = target::normalize(&proof.target);
        if !target.is_some_and(|target| self.targets.contains(&target)) {
            tracing::info!(
                htu = %QuotedText(&proof.target, 256),
                expected = self.targets.first().map(String::as_str),
                "the proof is for another URL; set TOOLGATE_RESOURCE to the URL that clients connect to"
            );
            return Err(ProofError::Invalid("the proof's htu is not this resource"));
        }
        if let Some(token) = requirements.token {
            match &proof.token_hash {
                None => return Err(ProofError::Invalid("the proof has no ath")),
                Some(hash) if *hash != token_hash(token) => {
                    return Err(ProofError::Invalid("the proof's ath is not the token's"));
                }
                Some(_) => {}
            }
        }
        let now = self.clock.now();
        self.check_time(&proof, now)?;
        if let Some(nonces) = &self.nonces {
            match &proof.nonce {
                Some(nonce) if nonces.accepts(nonce, now) => {}
                // §8.2 and §11.3: an expired nonce is replaced, not treated as an error.
                _ => return Err(ProofError::WantsNonce),
            }
        }
        // The store knows the proofs of earlier processes. An earlier process can have accepted a
        // proof that is ahead of the clock.
        let since = self.since.plus(self.times.ahead.as_secs());
        if self.shared.is_none() && proof.issued_at < since {
            self.check_forgotten()?;
        }
        match self.replays.record(holder, &proof.key, &proof.id) {
            Outcome::Recorded => {
                let proved = ProvedKey::from_verified_proof(proof.key);
                Ok((proof, proved))
            }
            Outcome::Replayed => Err(REPLAYED),
            Outcome::AtCapacity => Err(ProofError::AtCapacity),
        }
    }

    /// Returns the nonce for the next proof, if proofs need one.
    pub fn nonce(&self) -> Option<String> {
        let nonces = self.nonces.as_ref()?;
        Some(nonces.current(self.clock.now()))
    }

    fn parse(&self, request: &DpopRequest<'_>) -> Result<Proof, ProofError> {
        let text = match request.proof {
            Header::Absent => return Err(ProofError::Invalid("the request has no DPoP proof")),
            Header::Repeated => {
                return Err(ProofError::Invalid(
                    "the request has more than one DPoP header",
                ));
            }
            Header::One(bytes) => std::str::from_utf8(bytes)
                .map_err(|_| ProofError::Invalid("the proof is not a compact JWS"))?,
        };
        Proof::verify(text, &self.algorithms).map_err(ProofError::Invalid)
    }

    /// Records a proof in the store of all replicas.
    async fn use_at_replicas(&self, uses: &OneTimeUses, proof: Proof) -> Result<(), ProofError> {
        let name = [proof.key.as_bytes().as_slice(), proof.id.as_bytes()];
        let used = uses.use_once(OneTimeUse {
            purpose: Purpose::Proof,
            name: &name,
            made_at: proof.issued_at,
            lifetime: Duration::from_secs(self.times.window()),
        });
        match used.await {
            Ok(UseOutcome::First) => Ok(()),
            Ok(UseOutcome::Repeated) => Err(REPLAYED),
            Ok(UseOutcome::Unknown) => self.check_forgotten(),
            Err(_) => Err(ProofError::StoreAway),
        }
    }

    /// Refuses a proof that was made before the record of used proofs begins: it may have been
    /// used (§11.1), and an attacker with the proof could wait for a restart.
    ///
    /// A nonce that only this process issues shows that the proof is newer, whatever the
    /// client's clock says. Without a nonce, a client whose clock is 10 seconds behind is refused
    /// for the first 10 seconds after the start; later proofs are accepted.
    fn check_forgotten(&self) -> Result<(), ProofError> {
        match &self.nonces {
            Some(nonces) if nonces.are_of_this_process() && self.shared.is_none() => Ok(()),
            // The response contains a nonce, and the client makes another proof.
            Some(_) => Err(ProofError::WantsNonce),
            None if !self.times.ahead.is_zero() => Err(ProofError::Invalid(
                "the server cannot know whether the proof was used before: try again in some minutes",
            )),
            None => Err(ProofError::Invalid(
                "the proof was made before this server started, and may have been used then: make a new proof",
            )),
        }
    }

    fn check_time(&self, proof: &Proof, now: UnixTime) -> Result<(), ProofError> {
        let latest = now.plus(self.times.future());
        if proof.issued_at > latest || proof.not_before.is_some_and(|start| start > latest) {
            return Err(ProofError::Invalid("the proof is from the future"));
        }
        if now.since(proof.issued_at) > self.times.past()
            || proof
                .expires_at
                .is_some_and(|end| now >= end.plus(self.times.leeway.as_secs()))
        {
            return Err(ProofError::Invalid("the proof is too old"));
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

/// Returns `ath` (§4.2): the base64url-encoded SHA-256 of the token.
fn token_hash(token: &BearerToken) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(sha256(token.as_bytes()))
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut sum = [0; 32];
    sum.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    sum
}
