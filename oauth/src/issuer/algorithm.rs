//! The signature algorithms that can be accepted: a closed list of asymmetric algorithms.

use std::fmt;

/// A signature algorithm of a JSON Web Signature (RFC 7518 §3.1, RFC 8037 §3.1).
///
/// The list has no `none` and no HMAC, so no configuration can accept them (RFC 8725 §2.1,
/// §3.1 and §3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// RSASSA-PSS with SHA-384.
    Ps384,
    /// RSASSA-PSS with SHA-512.
    Ps512,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// Ed25519, named `EdDSA` by RFC 8037 and `Ed25519` by RFC 9864.
    EdDsa,
}

impl Algorithm {
    /// Every algorithm. An issuer accepts all of them unless its list is restricted.
    pub const ALL: [Self; 9] = [
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::EdDsa,
    ];

    /// Returns the algorithm that `alg` names. Names are case-sensitive (RFC 7515 §4.1.1).
    pub(crate) fn from_name(alg: &str) -> Option<Self> {
        match alg {
            // RFC 9864 §2.2: this name replaces `EdDSA`, which does not name the curve.
            "Ed25519" => Some(Self::EdDsa),
            _ => Self::ALL.into_iter().find(|one| one.name() == alg),
        }
    }

    /// Returns the name in `alg`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::EdDsa => "EdDSA",
        }
    }

    /// Returns the algorithm of the library that verifies signatures.
    pub(super) const fn to_library(self) -> jsonwebtoken::Algorithm {
        match self {
            Self::Rs256 => jsonwebtoken::Algorithm::RS256,
            Self::Rs384 => jsonwebtoken::Algorithm::RS384,
            Self::Rs512 => jsonwebtoken::Algorithm::RS512,
            Self::Ps256 => jsonwebtoken::Algorithm::PS256,
            Self::Ps384 => jsonwebtoken::Algorithm::PS384,
            Self::Ps512 => jsonwebtoken::Algorithm::PS512,
            Self::Es256 => jsonwebtoken::Algorithm::ES256,
            Self::Es384 => jsonwebtoken::Algorithm::ES384,
            Self::EdDsa => jsonwebtoken::Algorithm::EdDSA,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_back_and_in_its_own_case_alone() {
        for algorithm in Algorithm::ALL {
            assert_eq!(Algorithm::from_name(algorithm.name()), Some(algorithm));
            assert_eq!(
                format!("{:?}", algorithm.to_library()),
                algorithm.name(),
                "the library's algorithm differs"
            );
        }
        assert_eq!(Algorithm::from_name("Ed25519"), Some(Algorithm::EdDsa));
        for foreign in [
            "none", "None", "", "HS256", "HS512", "rs256", "RS256 ", "ES512", "ES256K", "Ed448",
            "RSA-OAEP", "dir",
        ] {
            assert_eq!(Algorithm::from_name(foreign), None, "{foreign}");
        }
    }
}
