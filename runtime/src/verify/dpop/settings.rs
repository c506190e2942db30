//! Whether tokens can, or must, be bound to a key.

use std::fmt;

use super::Nonces;
use crate::{error::Faults, issuer::Algorithm};

/// The shortest key of nonces, in bytes: as long as what it makes of a window's number.
const SHORTEST_KEY: usize = 32;

/// What a server makes of tokens that are bound to a key of their client (RFC 9449).
///
/// Whether a token is bound is for its issuer and its client to settle. By default a
/// server takes both kinds: a bearer token from whoever holds it, a bound one from whoever
/// proves the key as well. A bound token without a proof is refused whatever is set here,
/// and so is one that is bound to anything else, such as a client certificate.
///
/// ```
/// use toolgate::{Config, Dpop};
///
/// let config = Config::new("https://mcp.example.com/mcp")
///     .with_issuer("https://login.example.com")
///     .with_dpop(Dpop::required().with_nonces());
/// # assert!(config.notes().is_empty());
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Dpop {
    mode: Mode,
    algorithms: Vec<Algorithm>,
    nonces: NonceKey,
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
    /// Refuses bound tokens, and knows no scheme `DPoP`.
    #[must_use]
    pub fn off() -> Self {
        Self::of(Mode::Off)
    }

    /// Takes bound tokens and bearer tokens: the default.
    #[must_use]
    pub fn supported() -> Self {
        Self::of(Mode::Supported)
    }

    /// Takes bound tokens alone, and says so in the metadata
    /// (`dpop_bound_access_tokens_required`, RFC 9728 §2). For a server all of whose
    /// clients are known to prove their keys.
    #[must_use]
    pub fn required() -> Self {
        Self::of(Mode::Required)
    }

    fn of(mode: Mode) -> Self {
        Self {
            mode,
            algorithms: Algorithm::ALL.to_vec(),
            nonces: NonceKey::None,
        }
    }

    /// Asks proofs for a nonce that this server has given out in the last minutes
    /// (RFC 9449 §9), so that nobody can have a client sign proofs for later. A client's
    /// first call then takes two requests. The key of the nonces is made at the start, so
    /// behind several processes use [`Dpop::with_nonce_key`].
    #[must_use]
    pub fn with_nonces(mut self) -> Self {
        self.nonces = NonceKey::Own;
        self
    }

    /// The same with a key that several processes share, of 32 random bytes or more.
    #[must_use]
    pub fn with_nonce_key(mut self, key: impl Into<Vec<u8>>) -> Self {
        self.nonces = NonceKey::Shared(key.into());
        self
    }

    /// Narrows the algorithms of proofs to these, which the metadata then names
    /// (`dpop_signing_alg_values_supported`). [`Algorithm::ALL`] are accepted otherwise.
    #[must_use]
    pub fn with_algorithms(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.algorithms = algorithms.into_iter().collect();
        self
    }

    /// The algorithms of proofs; none where bound tokens are refused.
    pub(crate) fn algorithms(&self) -> &[Algorithm] {
        match self.mode {
            Mode::Off => &[],
            Mode::Supported | Mode::Required => &self.algorithms,
        }
    }

    /// Whether bound tokens are accepted.
    pub(crate) fn is_on(&self) -> bool {
        self.mode != Mode::Off
    }

    /// Whether no other tokens are.
    pub(crate) fn is_required(&self) -> bool {
        self.mode == Mode::Required
    }

    /// The nonces that proofs need, if they need any.
    pub(crate) fn nonces(&self, faults: &mut Faults) -> Option<Nonces> {
        match &self.nonces {
            NonceKey::None => None,
            NonceKey::Own => {
                let nonces = Nonces::generate();
                if nonces.is_err() {
                    faults.add(
                        "the key of the nonces for DPoP cannot be made",
                        "see why this system has no randomness",
                    );
                }
                nonces.ok()
            }
            NonceKey::Shared(key) => Some(Nonces::with_key(key)),
        }
    }

    /// What is wrong with this, and what mends it.
    pub(crate) fn flaw(&self) -> Option<(String, String)> {
        if let NonceKey::Shared(key) = &self.nonces
            && key.len() < SHORTEST_KEY
        {
            return Some((
                format!(
                    "the key of the nonces for DPoP has {} bytes, and could be guessed",
                    key.len()
                ),
                format!("use {SHORTEST_KEY} random bytes or more"),
            ));
        }
        self.algorithms.is_empty().then(|| {
            (
                "no algorithm is named by which a DPoP proof may be signed".to_owned(),
                "name one, or say Dpop::off()".to_owned(),
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
        // Not the key of the nonces.
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
    fn a_short_key_and_no_algorithm_are_faults() {
        assert_eq!(Dpop::required().with_nonce_key([7; 32]).flaw(), None);
        assert!(Dpop::required().with_nonce_key([7; 31]).flaw().is_some());
        assert!(Dpop::supported().with_algorithms([]).flaw().is_some());
    }

    #[test]
    fn what_is_off_has_no_algorithms() {
        assert!(Dpop::off().algorithms().is_empty());
        assert_eq!(Dpop::default().algorithms(), Algorithm::ALL);
    }
}
