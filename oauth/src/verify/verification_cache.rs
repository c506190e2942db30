//! Cache of verified tokens by hash.
//!
//! Refused tokens are never cached, so invalid tokens cannot evict valid ones. Entries are
//! weighed, so that tokens with many claims do not take more than their share. An entry is
//! valid only as long as the keys that verified it, and time and audience are validated on
//! each request.

use std::sync::Arc;

use aws_lc_rs::digest;
use quick_cache::{Weighter, sync::Cache};
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::verification_path::EvidenceKind;
use crate::{caller::VerifiedToken, claims::Claims, credentials::BearerToken};

/// The approximate capacity in bytes: about 10,000 tokens of one kilobyte.
const CAPACITY: u64 = 48 * 1024 * 1024;

/// The weight of a token of one kilobyte.
const TYPICAL: u64 = 4 * 1024;

/// The weight of an entry without its claims.
const ENTRY: u64 = 1024;

/// The overhead of an allocation, and the weight of a list element, since lists grow by
/// doubling.
const ALLOCATION: u64 = 16;
const ELEMENT: u64 = 2 * 32;

/// The weight of a map that is not empty, and of a member: maps store members in nodes of
/// eleven slots, half of which may be unused.
const NODE: u64 = 11 * (24 + 32);
const MEMBER: u64 = 2 * (24 + 32);

/// Verified tokens.
pub(super) struct VerificationCache(Cache<TokenHash, CachedVerification, Weight>);

/// The SHA-256 of a token. The token itself is not stored.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash([u8; digest::SHA256_OUTPUT_LEN]);

/// An authentic token and the evidence for it.
#[derive(Clone)]
pub(super) struct CachedVerification {
    pub(super) token: Arc<VerifiedToken>,
    pub(super) evidence: VerificationEvidence,
    weight: u64,
}

/// The evidence for a verified token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct VerificationEvidence {
    /// The position of the issuer in the list of the verifier.
    pub(super) issuer: usize,
    /// The generation of the keys, if keys were used.
    pub(super) generation: Option<u64>,
    /// When the introspection response expires, if there was one.
    pub(super) until: Option<Instant>,
}

impl VerificationEvidence {
    /// Returns the kind of the evidence.
    pub(super) fn kind(self) -> EvidenceKind {
        match self.until {
            Some(_) => EvidenceKind::Introspection,
            None => EvidenceKind::Signature,
        }
    }
}

impl TokenHash {
    /// Hashes a token with SHA-256.
    pub fn new(token: &BearerToken) -> Self {
        let hash = digest::digest(&digest::SHA256, token.as_bytes());
        let mut bytes = [0; digest::SHA256_OUTPUT_LEN];
        bytes.copy_from_slice(hash.as_ref());
        Self(bytes)
    }
}

impl VerificationCache {
    pub(super) fn new() -> Self {
        Self::with_capacity(CAPACITY)
    }

    fn with_capacity(bytes: u64) -> Self {
        let expected = usize::try_from(bytes / TYPICAL).unwrap_or(usize::MAX);
        Self(Cache::with_weighter(expected, bytes, Weight))
    }

    pub(super) fn get(&self, hash: &TokenHash) -> Option<CachedVerification> {
        self.0.get(hash)
    }

    /// Stores a verified token.
    pub(super) fn insert(
        &self,
        hash: TokenHash,
        token: Arc<VerifiedToken>,
        evidence: VerificationEvidence,
    ) {
        let weight = ENTRY + weight_of(token.claims());
        self.0.insert(
            hash,
            CachedVerification {
                token,
                evidence,
                weight,
            },
        );
    }

    pub(super) fn evict(&self, hash: &TokenHash) {
        self.0.remove(hash);
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

#[derive(Clone)]
struct Weight;

impl Weighter<TokenHash, CachedVerification> for Weight {
    fn weight(&self, _: &TokenHash, cached: &CachedVerification) -> u64 {
        cached.weight
    }
}

/// Estimates the memory of claims in bytes, rounded up. The token's length is no estimate:
/// one byte of it can take a hundred bytes in memory, and the claims of an opaque token
/// come from introspection.
fn weight_of(claims: &Claims) -> u64 {
    let text = |text: &str| ALLOCATION + text.len() as u64;
    let audience = claims.audience().iter().map(String::as_str);
    let lists = claims.scopes().chain(audience);
    lists.map(|one| ELEMENT + text(one)).sum::<u64>() + weight_of_members(claims.all())
}

fn weight_of_members(members: &Map<String, Value>) -> u64 {
    if members.is_empty() {
        return 0;
    }
    let each = members
        .iter()
        .map(|(name, value)| MEMBER + ALLOCATION + name.len() as u64 + weight_of_value(value));
    NODE + each.sum::<u64>()
}

/// Returns the heap size of a value, without the value itself.
fn weight_of_value(value: &Value) -> u64 {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) => ALLOCATION + text.len() as u64,
        Value::Array(many) => {
            let each = many.iter().map(|one| ELEMENT + weight_of_value(one));
            ALLOCATION + each.sum::<u64>()
        }
        Value::Object(members) => weight_of_members(members),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::UnixTime, scope::ScopeTable};

    #[test]
    fn the_cache_holds_no_more_than_it_may() {
        let cache = VerificationCache::with_capacity(1024 * 1024);
        let claims = Claims::new("https://i", UnixTime::from_seconds(9));
        let claims = claims.with_audience("x".repeat(64_000));
        let token = VerifiedToken::new(claims, &ScopeTable::default());
        for number in 0..10_000 {
            let text = BearerToken::new(&number.to_string()).unwrap();
            cache.insert(
                TokenHash::new(&text),
                Arc::clone(&token),
                VerificationEvidence::default(),
            );
        }
        assert!(cache.0.weight() <= 1024 * 1024);
        assert!((1..=16).contains(&cache.len()), "{}", cache.len());
    }

    #[test]
    fn a_weight_is_the_sum_of_all_that_is_there() {
        let text = r#"{"iss":"i","exp":9,"aud":"ab","scope":"a b","x":["yy",1,{}],"z":{"k":null}}"#;
        let claims = Claims::from_json(text.as_bytes()).unwrap();
        let lists = 3 * (ELEMENT + ALLOCATION) + 4;
        let names = 7 * (MEMBER + ALLOCATION) + 17;
        let texts = 4 * ALLOCATION + 8;
        let array = ALLOCATION + 3 * ELEMENT;
        let expected = lists + 2 * NODE + names + texts + array;
        assert_eq!(weight_of(&claims), expected);
        let empty = Claims::new("https://i", UnixTime::from_seconds(9));
        assert_eq!(weight_of(&empty), 0);
    }

    #[test]
    fn what_a_token_says_is_weighed_and_not_how_long_it_is() {
        // Maps store members in nodes of eleven slots.
        let objects = vec![r#"{"":0}"#; 1000].join(",");
        let scopes = vec!["s"; 16_000].join(" ");
        for (dense, bytes) in [
            (format!(r#""x":[{objects}]"#), 1000 * 11 * (24 + 32)),
            (format!(r#""x":[{}0]"#, "0,".repeat(15_999)), 16_000 * 32),
            (format!(r#""x":"{}""#, "x".repeat(500_000)), 500_000),
            (format!(r#""scope":"{scopes}""#), 16_000 * (24 + 16)),
        ] {
            let cache = VerificationCache::with_capacity(4 * 1024 * 1024);
            let claims = format!(r#"{{"iss":"https://i","exp":9,{dense}}}"#);
            let claims = Claims::from_json(claims.as_bytes()).unwrap();
            let token = VerifiedToken::new(claims, &ScopeTable::default());
            for number in 0..100 {
                let text = BearerToken::new(&number.to_string()).unwrap();
                cache.insert(
                    TokenHash::new(&text),
                    Arc::clone(&token),
                    VerificationEvidence::default(),
                );
            }
            let held = cache.len() * bytes;
            assert!(held <= 4 * 1024 * 1024, "{held} bytes of {}", &dense[..16]);
        }
    }
}
