//! Settings for tokens that are bound to a key.

use std::{fmt, time::Duration};

use super::Nonces;
use crate::{issuer::Algorithm, start_error::SetupErrors};

/// The shortest nonce key in bytes: the length of the HMAC's output.
const SHORTEST_KEY: usize = 32;

/// The age of a proof by default. RFC 9449 §11.1 recommends seconds or minutes; a proof is made for
/// one request and needs no more.
const PROOF_AGE: Duration = Duration::from_secs(60);

/// The longest age of a proof, and the farthest that one may be ahead of the clock: the limit of the
/// MCP extension for DPoP (SEP-1932).
pub const LONGEST_PROOF_AGE: Duration = Duration::from_secs(300);

/// How a server treats tokens that are bound to a key of their client (RFC 9449).
///
/// The issuer and the client decide whether a token is bound. By default, a server accepts
/// both: a bearer token from its holder, a bound token from a holder who also proves the
/// key. A bound token without a proof is always refused, and so is a token bound in another
/// way, such as to a client certificate.
///
/// ```
/// use toolgate::{Config, auth::Dpop};
///
/// let config = Config::new("https://mcp.example.com/mcp")
///     .with_issuer("https://login.example.com")
///     .with_dpop(Dpop::required().with_nonces());
/// # assert!(config.warnings().is_empty());
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Dpop {
    mode: Mode,
    algorithms: Vec<Algorithm>,
    nonces: NonceKey,
    age: Duration,
    ahead: Duration,
}

/// When a proof is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProofTimes {
    /// The greatest age of a proof.
    pub age: Duration,
    /// How far it may be ahead of the clock.
    pub ahead: Duration,
    /// The leeway for clocks, which is added to both.
    pub leeway: Duration,
}

impl ProofTimes {
    /// Returns for how many seconds a proof is accepted: from the first moment to the last. The extra
    /// second covers the clock's resolution of whole seconds.
    pub(super) fn window(self) -> u64 {
        let Self { age, ahead, leeway } = self;
        age.as_secs() + ahead.as_secs() + 2 * leeway.as_secs() + 1
    }

    /// Returns how many seconds behind the clock a proof may be.
    pub(super) fn past(self) -> u64 {
        self.age.as_secs() + self.leeway.as_secs()
    }

    /// Returns how many seconds ahead of the clock a proof may be.
    pub(super) fn future(self) -> u64 {
        self.ahead.as_secs() + self.leeway.as_secs()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Off,
    Supported,
    Required,
}

#[derive(Clone, PartialEq, Eq)]
enum NonceKey {
    None,
    Own,
    Shared(Vec<u8>),
}

impl Dpop {
    /// Refuses bound tokens and the scheme `DPoP`.
    #[must_use]
    pub fn off() -> Self {
        Self::with_mode(Mode::Off)
    }

    /// Accepts bound tokens and bearer tokens: the default.
    #[must_use]
    pub fn supported() -> Self {
        Self::with_mode(Mode::Supported)
    }

    /// Accepts only bound tokens, and says so in the metadata
    /// (`dpop_bound_access_tokens_required`, RFC 9728 §2). For a server whose clients all
    /// support DPoP.
    #[must_use]
    pub fn required() -> Self {
        Self::with_mode(Mode::Required)
    }

    fn with_mode(mode: Mode) -> Self {
        Self {
            mode,
            algorithms: Algorithm::ALL.to_vec(),
            nonces: NonceKey::None,
            age: PROOF_AGE,
            ahead: Duration::ZERO,
        }
    }

    /// Requires a nonce that this server issued in the last minutes (RFC 9449 §9), so that
    /// proofs cannot be signed in advance. A client's first call then takes two requests.
    /// Their key is derived from the state key (`toolgate::Config::with_state_key`), which several
    /// processes share; without one it is generated at the start.
    #[must_use]
    pub fn with_nonces(mut self) -> Self {
        self.nonces = NonceKey::Own;
        self
    }

    /// Like [`Dpop::with_nonces`], with a key of at least 32 random bytes that several
    /// processes share.
    #[must_use]
    pub fn with_nonce_key(mut self, key: impl Into<Vec<u8>>) -> Self {
        self.nonces = NonceKey::Shared(key.into());
        self
    }

    /// Restricts the algorithms of proofs. The metadata lists them
    /// (`dpop_signing_alg_values_supported`). The default is [`Algorithm::ALL`].
    #[must_use]
    pub fn with_algorithms(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.algorithms = algorithms.into_iter().collect();
        self
    }

    /// Accepts proofs up to this age plus the leeway for clocks, in whole seconds: 60 by default,
    /// at most 300 (the limit of the MCP extension). Until a stolen proof expires, another server
    /// may accept it, so use a longer age only for clients that sign proofs ahead of requests.
    #[must_use]
    pub fn with_proof_age(mut self, age: Duration) -> Self {
        self.age = age;
        self
    }

    /// Accepts proofs that are this far ahead of the clock, in whole seconds: 0 by default, at most
    /// 300, which is the limit of the MCP extension. The leeway for clocks is added. For clients whose
    /// clocks are wrong.
    ///
    /// A process that starts does not know which proofs an earlier one has accepted. Without nonces
    /// and without a store that replicas share, it refuses every proof until this time has passed.
    #[must_use]
    pub fn with_proof_ahead(mut self, ahead: Duration) -> Self {
        self.ahead = ahead;
        self
    }

    /// Returns when a proof is accepted.
    #[doc(hidden)]
    pub fn proof_times(&self, leeway: Duration) -> ProofTimes {
        ProofTimes {
            age: self.age,
            ahead: self.ahead,
            leeway,
        }
    }

    /// Returns the algorithms of proofs; empty if bound tokens are refused.
    #[doc(hidden)]
    pub fn algorithms(&self) -> &[Algorithm] {
        match self.mode {
            Mode::Off => &[],
            Mode::Supported | Mode::Required => &self.algorithms,
        }
    }

    /// Returns whether bound tokens are accepted.
    #[doc(hidden)]
    pub fn is_on(&self) -> bool {
        self.mode != Mode::Off
    }

    /// Returns whether only bound tokens are accepted.
    #[doc(hidden)]
    pub fn is_required(&self) -> bool {
        self.mode == Mode::Required
    }

    /// Returns the nonces that proofs need, if any. Replicas that share the state key share
    /// them.
    #[doc(hidden)]
    pub fn nonces(&self, state_key: Option<[u8; 32]>, errors: &mut SetupErrors) -> Option<Nonces> {
        match (&self.nonces, state_key) {
            (NonceKey::None, _) => None,
            (NonceKey::Own, Some(key)) => Some(Nonces::derived_from(&key)),
            (NonceKey::Own, None) => {
                let nonces = Nonces::generate();
                if nonces.is_err() {
                    errors.add(
                        "the key for DPoP nonces cannot be generated",
                        "check the random number generator of this system",
                    );
                }
                nonces.ok()
            }
            (NonceKey::Shared(key), _) => Some(Nonces::with_key(key)),
        }
    }

    /// Returns what is wrong with the settings, and how to fix it.
    #[doc(hidden)]
    pub fn setup_error(&self) -> Option<(String, String)> {
        if let NonceKey::Shared(key) = &self.nonces
            && key.len() < SHORTEST_KEY
        {
            return Some((
                format!(
                    "the key for DPoP nonces has {} bytes and could be guessed",
                    key.len()
                ),
                format!("use {SHORTEST_KEY} random bytes or more"),
            ));
        }
        if self.age > LONGEST_PROOF_AGE || self.age.as_secs() == 0 {
            return Some((
                format!("the age of DPoP proofs is {} seconds", self.age.as_secs()),
                format!("use 1 to {} seconds", LONGEST_PROOF_AGE.as_secs()),
            ));
        }
        if self.ahead > LONGEST_PROOF_AGE {
            return Some((
                format!(
                    "DPoP proofs may be {} seconds ahead of the clock",
                    self.ahead.as_secs()
                ),
                format!("use at most {} seconds", LONGEST_PROOF_AGE.as_secs()),
            ));
        }
        self.algorithms.is_empty().then(|| {
            (
                "no algorithm for DPoP proofs is configured".to_owned(),
                "add one, or use Dpop::off()".to_owned(),
            )
        })
    }
}

impl Default for Dpop {
    fn default() -> Self {
        Self::supported()
    }
}

impl fmt::Debug for Dpop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Never prints the nonce key.
        f.debug_struct("Dpop")
            .field("mode", &self.mode)
            .field("algorithms", &self.algorithms)
            .field("nonces", &(self.nonces != NonceKey::None))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_the_nonces_does_not_print() {
        let printed = format!(
            "{:?}",
            Dpop::required().with_nonce_key(*b"0123456789abcdef")
        );
        assert!(
            !printed.contains("48") && !printed.contains("0123"),
            "{printed}"
        );
    }

    #[test]
    fn a_short_key_and_no_algorithm_are_errors() {
        assert_eq!(Dpop::required().with_nonce_key([7; 32]).setup_error(), None);
        assert!(
            Dpop::required()
                .with_nonce_key([7; 31])
                .setup_error()
                .is_some()
        );
        for seconds in [0, 301] {
            let dpop = Dpop::supported().with_proof_age(Duration::from_secs(seconds));
            assert!(dpop.setup_error().is_some(), "{seconds}");
        }
        for (seconds, is_error) in [(0, false), (300, false), (301, true)] {
            let dpop = Dpop::supported().with_proof_ahead(Duration::from_secs(seconds));
            assert_eq!(dpop.setup_error().is_some(), is_error, "{seconds}");
        }
        assert!(
            Dpop::supported()
                .with_algorithms([])
                .setup_error()
                .is_some()
        );
    }

    #[test]
    fn a_proof_is_remembered_from_its_first_moment_to_its_last() {
        let dpop = Dpop::supported().with_proof_age(Duration::from_secs(60));
        let dpop = dpop.with_proof_ahead(Duration::from_secs(300));
        let times = dpop.proof_times(Duration::from_secs(30));
        assert_eq!((times.past(), times.future()), (90, 330));
        assert!(times.window() > times.past() + times.future());
    }

    #[test]
    fn what_is_off_has_no_algorithms() {
        assert!(Dpop::off().algorithms().is_empty());
        assert_eq!(Dpop::default().algorithms(), Algorithm::ALL);
    }
}
