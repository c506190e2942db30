//! A public key of an issuer and its permitted uses.
//!
//! A key is used only as it declares (RFC 7517 §4, RFC 8725 §3.1): its `kty` and `crv` decide
//! which algorithms it can verify, `alg` restricts them, and `use` and `key_ops` can forbid
//! verification.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{DecodingKey, crypto::aws_lc};
use serde_json::{Map, Value};

use super::{Algorithm, roca};

/// The permitted length of an RSA modulus, in bits: RFC 7518 §3.3 requires at least 2048, and
/// above 8192 each verification is slow enough for a denial of service.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// A public key that can verify signatures.
#[derive(Clone)]
pub(crate) struct PublicKey {
    kid: Option<String>,
    algorithm: Option<Algorithm>,
    material: Material,
    key: DecodingKey,
}

/// The key material. Two keys are equal if their material and their labels are equal.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Material {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256(Vec<u8>),
    P384(Vec<u8>),
    Ed25519(Vec<u8>),
}

impl PublicKey {
    /// Parses one entry of a key set.
    ///
    /// # Errors
    ///
    /// The reason why the entry is [not used](Unused). The other entries are still used (RFC
    /// 7517 §5).
    pub(super) fn parse(entry: &Value) -> Result<Self, Unused> {
        let members = entry
            .as_object()
            .ok_or(Unused::unexpected("it is not a JSON object"))?;
        let kty = text(members, "kty")?.ok_or(Unused::unexpected("it has no kty"))?;
        // CVE-2016-5431, CVE-2024-54150: with a symmetric key in a public set, anyone can
        // sign tokens.
        if kty == "oct" || members.contains_key("k") {
            return Err(Unused::unexpected("it is symmetric"));
        }
        // A published private key is compromised.
        if ["d", "p", "q", "dp", "dq", "qi", "oth"]
            .iter()
            .any(|member| members.contains_key(*member))
        {
            return Err(Unused::unexpected("it is a private key"));
        }
        if text(members, "use")?.is_some_and(|usage| usage != "sig") {
            return Err(Unused::other("its use is not sig"));
        }
        if !may_verify(members)? {
            return Err(Unused::other("its key_ops does not contain verify"));
        }
        let kid = text(members, "kid")?.map(str::to_owned);
        let material = Material::parse(kty, members)?;
        let algorithm = match text(members, "alg")? {
            None => None,
            Some(alg) => {
                let named =
                    Algorithm::from_name(alg).ok_or(Unused::other("its alg is not known"))?;
                if !material.fits(named) {
                    return Err(Unused::unexpected("its alg does not fit its kty and crv"));
                }
                Some(named)
            }
        };
        Ok(Self {
            kid,
            algorithm,
            key: material.decoding_key(),
            material,
        })
    }

    /// Parses a single key: the one in a DPoP proof (RFC 9449 §4.2).
    ///
    /// # Errors
    ///
    /// The reason why the key cannot verify signatures.
    pub(crate) fn from_proof(entry: &Value) -> Result<Self, &'static str> {
        Self::parse(entry).map_err(|unused| unused.reason)
    }

    /// The name of the key in its set (`kid`), if it has one.
    pub(crate) fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// Returns whether this key may verify signatures of this algorithm.
    pub(crate) fn fits(&self, algorithm: Algorithm) -> bool {
        self.material.fits(algorithm) && self.algorithm.is_none_or(|only| only == algorithm)
    }

    /// Returns whether this key made the signature over exactly these bytes.
    pub(crate) fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        // The provider is explicit: the default of the process panics if two are compiled in,
        // and any code in the process can replace it.
        let provider = &aws_lc::DEFAULT_PROVIDER;
        self.fits(algorithm)
            && (provider.verifier_factory)(&algorithm.to_library(), &self.key)
                .is_ok_and(|verifier| verifier.verify(message, &signature.to_vec()).is_ok())
    }

    /// Returns the values by which keys are compared and sorted.
    pub(super) fn identity(&self) -> impl Ord + '_ {
        (
            self.kid.as_deref(),
            &self.material,
            self.algorithm.map(Algorithm::name),
        )
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicKey")
            .field("kid", &self.kid)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

impl Material {
    fn parse(kty: &str, members: &Map<String, Value>) -> Result<Self, Unused> {
        match (kty, text(members, "crv")?) {
            ("RSA", _) => {
                let (n, e) = (number(members, "n")?, number(members, "e")?);
                if !RSA_BITS.contains(&bits(&n)) {
                    return Err(Unused::unexpected(
                        "its modulus does not have 2048 to 8192 bits",
                    ));
                }
                if roca::has_fingerprint(&n) {
                    return Err(Unused::unexpected("its private key can be computed (ROCA)"));
                }
                // FIPS 186-5 §5.4: odd and above 2^16. A tiny exponent enabled CVE-2006-4339;
                // a huge one makes each verification slow.
                if !(17..=33).contains(&bits(&e)) || e.last().is_none_or(|last| last % 2 == 0) {
                    return Err(Unused::unexpected(
                        "its exponent is not odd and above 65536",
                    ));
                }
                Ok(Self::Rsa { n, e })
            }
            ("EC", Some("P-256")) => Ok(Self::P256(point(members, 32)?)),
            ("EC", Some("P-384")) => Ok(Self::P384(point(members, 48)?)),
            ("OKP", Some("Ed25519")) => Ok(Self::Ed25519(coordinate(members, "x", 32)?)),
            _ => Err(Unused::other("its kty and crv are not supported")),
        }
    }

    fn fits(&self, algorithm: Algorithm) -> bool {
        use Algorithm::{EdDsa, Es256, Es384, Ps256, Ps384, Ps512, Rs256, Rs384, Rs512};

        match self {
            Self::Rsa { .. } => {
                matches!(algorithm, Rs256 | Rs384 | Rs512 | Ps256 | Ps384 | Ps512)
            }
            Self::P256(_) => algorithm == Es256,
            Self::P384(_) => algorithm == Es384,
            Self::Ed25519(_) => algorithm == EdDsa,
        }
    }

    fn decoding_key(&self) -> DecodingKey {
        match self {
            Self::Rsa { n, e } => DecodingKey::from_rsa_raw_components(n, e),
            Self::P256(point) | Self::P384(point) => DecodingKey::from_ec_der(point),
            Self::Ed25519(x) => DecodingKey::from_ed_der(x),
        }
    }
}

/// The reason why an entry of a key set is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unused {
    pub(super) reason: &'static str,
    /// Whether to warn about the entry. A set may legitimately contain keys for encryption.
    pub(super) warn: bool,
}

impl Unused {
    const fn unexpected(reason: &'static str) -> Self {
        Self { reason, warn: true }
    }

    const fn other(reason: &'static str) -> Self {
        Self {
            reason,
            warn: false,
        }
    }
}

fn text<'a>(members: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, Unused> {
    match members.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Unused::unexpected("a member has the wrong type")),
    }
}

/// RFC 7517 §4.3: `key_ops` is an array of strings; if it is absent, it forbids nothing.
fn may_verify(members: &Map<String, Value>) -> Result<bool, Unused> {
    match members.get("key_ops") {
        None => Ok(true),
        Some(Value::Array(operations)) => Ok(operations.iter().any(|one| one == "verify")),
        Some(_) => Err(Unused::unexpected("a member has the wrong type")),
    }
}

fn octets(members: &Map<String, Value>, name: &str) -> Result<Vec<u8>, Unused> {
    let encoded = text(members, name)?.ok_or(Unused::unexpected("a member is missing"))?;
    URL_SAFE_NO_PAD
        .decode(encoded)
        .map_err(|_| Unused::unexpected("a member is not base64url"))
}

/// Decodes a Base64urlUInt (RFC 7518 §2). Some issuers prepend a zero octet.
fn number(members: &Map<String, Value>, name: &str) -> Result<Vec<u8>, Unused> {
    let octets = octets(members, name)?;
    let zeros = octets.iter().take_while(|&&octet| octet == 0).count();
    Ok(octets[zeros..].to_vec())
}

fn bits(number: &[u8]) -> usize {
    number
        .first()
        .map_or(0, |first| number.len() * 8 - first.leading_zeros() as usize)
}

/// RFC 7518 §6.2.1.2: a coordinate has the full length of the field.
fn coordinate(members: &Map<String, Value>, name: &str, length: usize) -> Result<Vec<u8>, Unused> {
    let octets = octets(members, name)?;
    match octets.len() == length {
        true => Ok(octets),
        false => Err(Unused::unexpected("a coordinate has the wrong length")),
    }
}

/// Builds the uncompressed point (SEC 1 §2.3.3).
fn point(members: &Map<String, Value>, length: usize) -> Result<Vec<u8>, Unused> {
    let mut point = vec![4];
    point.extend(coordinate(members, "x", length)?);
    point.extend(coordinate(members, "y", length)?);
    Ok(point)
}

#[cfg(test)]
mod tests;
