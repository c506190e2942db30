//! The keys that an issuer publishes, parsed entry by entry (RFC 7517 §5).

use serde_json::Value;

use super::{Algorithm, public_key::PublicKey};
use crate::json;
use crate::log_text::QuotedText;

/// How many keys are tried for a token without a `kid`. During a rotation a set has two; with
/// more than a few, one token would cost many signature checks.
const MAX_TRIES: usize = 4;

/// The usable keys of one issuer at one time.
#[derive(Debug, Default)]
pub(crate) struct Jwks {
    keys: Vec<PublicKey>,
    /// Descriptions of the unused entries, for the log.
    warnings: Vec<String>,
}

impl Jwks {
    /// Parses a JWK Set. An invalid key does not invalidate the set. A set may be empty: that
    /// is how an issuer withdraws its last key.
    ///
    /// If a member name is repeated, the last one is used, as RFC 7517 §4 allows.
    ///
    /// # Errors
    ///
    /// The error in the document as a whole.
    pub(crate) fn parse(document: &[u8]) -> Result<Self, &'static str> {
        let document: Value = json::lenient(document).map_err(|_| "the key set is not JSON")?;
        let entries = document
            .get("keys")
            .and_then(Value::as_array)
            .ok_or("the key set has no array named keys")?;
        let mut set = Self::default();
        for entry in entries {
            match PublicKey::parse(entry) {
                Ok(key) => set.keys.push(key),
                Err(unused) if unused.warn => {
                    let kid = entry.get("kid").and_then(Value::as_str).unwrap_or("");
                    set.warnings
                        .push(format!("{}: {}", QuotedText(kid, 64), unused.reason));
                }
                Err(_) => {}
            }
        }
        // Sorted, so that a set in a different order is still equal.
        set.keys
            .sort_unstable_by(|a, b| a.identity().cmp(&b.identity()));
        Ok(set)
    }

    /// Returns the keys that can have signed a token with this header.
    ///
    /// With a `kid`, these are the fitting keys of that name; without one, all fitting keys,
    /// or none if there are more than [`MAX_TRIES`].
    pub(crate) fn candidates(
        &self,
        algorithm: Algorithm,
        kid: Option<&str>,
    ) -> impl Iterator<Item = &PublicKey> {
        let fitting = move |key: &&PublicKey| {
            key.fits(algorithm) && kid.is_none_or(|kid| key.kid() == Some(kid))
        };
        let count = self.keys.iter().filter(fitting).count();
        self.keys
            .iter()
            .filter(fitting)
            .take(if count > MAX_TRIES { 0 } else { MAX_TRIES })
    }

    /// Returns whether the set has a key of this name, for any algorithm.
    pub(crate) fn has(&self, kid: &str) -> bool {
        self.keys.iter().any(|key| key.kid() == Some(kid))
    }

    /// Returns the number of usable keys.
    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Returns one line about the entries that are not used and should not be in the set.
    pub(crate) fn warnings(&self) -> Option<String> {
        let (first, rest) = self.warnings.split_at(self.warnings.len().min(8));
        (!first.is_empty()).then(|| match rest.len() {
            0 => first.join("; "),
            more => format!("{}; and {more} more", first.join("; ")),
        })
    }

    /// Returns whether both sets have the same keys.
    pub(crate) fn is_same_as(&self, other: &Self) -> bool {
        self.keys.len() == other.keys.len()
            && self
                .keys
                .iter()
                .zip(&other.keys)
                .all(|(a, b)| a.identity().cmp(&b.identity()).is_eq())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn key(kid: &str, x: char) -> Value {
        let x = format!("{}A", x.to_string().repeat(42));
        json!({"kty": "OKP", "crv": "Ed25519", "kid": kid, "x": x})
    }

    fn set(keys: Value) -> Jwks {
        Jwks::parse(json!({"keys": keys}).to_string().as_bytes()).unwrap()
    }

    fn found(set: &Jwks, kid: Option<&str>) -> usize {
        set.candidates(Algorithm::EdDsa, kid).count()
    }

    #[test]
    fn one_odd_key_never_costs_the_set() {
        let odd = [
            json!(null),
            json!(1),
            json!({"kty": 1}),
            json!({"kty": "oct", "k": "AA"}),
        ];
        for entry in odd {
            let set = set(json!([entry, key("a", 'a'), {"kty": "EC", "crv": "P-521"}]));
            assert_eq!((set.len(), found(&set, Some("a"))), (1, 1));
            assert!(set.warnings().is_some_and(|told| !told.contains("P-521")));
        }
    }

    #[test]
    fn a_document_that_is_no_key_set_is_refused_as_a_whole() {
        for text in [
            "",
            "[]",
            "{}",
            r#"{"keys":{}}"#,
            "<html>",
            r#"{"keys":[]"#,
            "\u{feff}{}",
        ] {
            assert!(Jwks::parse(text.as_bytes()).is_err(), "{text}");
        }
        assert_eq!(Jwks::parse(br#"{"keys":[]}"#).unwrap().len(), 0);
    }

    #[test]
    fn a_named_key_is_the_only_one_tried() {
        let set = set(json!([key("a", 'a'), key("b", 'b'), key("b", 'c')]));
        assert_eq!(found(&set, Some("a")), 1);
        assert_eq!(found(&set, Some("b")), 2);
        assert_eq!(found(&set, Some("A")), 0);
        assert_eq!(found(&set, Some("")), 0);
        assert_eq!(set.candidates(Algorithm::Rs256, Some("a")).count(), 0);
    }

    #[test]
    fn without_a_name_a_few_are_tried_and_many_none() {
        let many: Vec<_> = "abcde".chars().map(|x| key(&x.to_string(), x)).collect();
        assert_eq!(found(&set(json!(many[..1])), None), 1);
        assert_eq!(found(&set(json!(many[..4])), None), 4);
        assert_eq!(found(&set(json!(many)), None), 0);
    }

    #[test]
    fn the_order_of_a_set_does_not_make_it_another_but_a_key_does() {
        let (a, b) = (key("a", 'a'), key("b", 'b'));
        let first = set(json!([a, b]));
        assert!(first.is_same_as(&set(json!([b, a]))));
        assert!(!first.is_same_as(&set(json!([a]))));
        assert!(!first.is_same_as(&set(json!([a, key("b", 'c')]))));
        assert!(!first.is_same_as(&set(json!([a, key("c", 'b')]))));
        let mut narrowed = b.clone();
        narrowed["alg"] = json!("EdDSA");
        assert!(!first.is_same_as(&set(json!([a, narrowed]))));
    }

    #[test]
    fn what_is_reported_of_odd_keys_is_short() {
        let odd: Vec<_> = (0..999)
            .map(|_| json!({"kty": "oct", "kid": "k".repeat(999)}))
            .collect();
        let told = set(json!(odd)).warnings().unwrap();
        assert!(
            told.len() < 1024 && told.ends_with("and 991 more"),
            "{told}"
        );
    }
}
