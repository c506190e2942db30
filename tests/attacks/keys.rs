//! A key verifies only the tokens that it was published for, and none after its withdrawal.

use serde_json::json;
use support::SigningKey;

use crate::attack_case::{Case, accepted, refused};

#[rustfmt::skip]
pub(crate) const CASES: &[Case] = &[
    accepted("a set with broken, foreign and future entries", "RFC 7517 §5: skip what is not understood", |w| w.good().build()),
    accepted("a token that names no key", "RFC 7515 §4.1.4: kid is optional", |w| w.header("kid", json!(null))),
    refused("a key for encryption", "RFC 7517 §4.2", |w| w.signed(&w.misused.encryption)),
    refused("a key for encryption that is not named", "RFC 7517 §4.2", |w| w.good().forged_with(&w.misused.encryption).header("kid", json!(null)).build()),
    refused("a key for wrapping keys", "RFC 7517 §4.3", |w| w.signed(&w.misused.wrapping)),
    refused("a key for another algorithm", "RFC 7517 §4.4", |w| w.signed(&w.misused.other_algorithm)),
    refused("a secret that was published", "RFC 8725 §3.2: no symmetric keys", |w| w.signed(&w.misused.secret)),
    refused("a key that was withdrawn", "RFC 7517 §5, contract: withdrawn keys", |w| w.signed(&w.misused.withdrawn)),
    refused("the name of an entry that is broken", "RFC 7517 §5", |w| w.good().forged_with(&SigningKey::p256("broken")).header("kid", json!("broken")).build()),
    refused("the name of an entry of the future", "RFC 7517 §4.1", |w| w.good().forged_with(&SigningKey::p256("x")).header("kid", json!("of the future")).build()),
    refused("another RSA key by the RSA key's name", "RFC 7515 §5.2", |w| w.good().forged_with(&SigningKey::another_rsa("rsa")).alg("RS256").header("kid", json!("rsa")).build()),
    refused("the RSA key's own token by the P-256 key's name", "RFC 7515 §4.1.4", |w| w.good().signed_with(w.issuer.rsa()).header("kid", json!("p256")).build()),
    refused("a new, unpublished key", "RFC 7515 §5.2", |w| w.signed(&SigningKey::p256("brand-new"))),
    refused("an unpublished P-384 key", "RFC 7515 §5.2", |w| w.signed(&SigningKey::p384("p384"))),
];
