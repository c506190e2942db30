//! Token times are numbers of seconds, and are enforced.

use serde_json::json;

use crate::attack_case::{Case, accepted, refused};

#[rustfmt::skip]
pub(crate) const CASES: &[Case] = &[
    accepted("ended within the leeway", "RFC 7519 §4.1.4: a small leeway", |w| w.claim("exp", json!(w.now() - 10))),
    accepted("begins within the leeway", "RFC 7519 §4.1.5", |w| w.claim("nbf", json!(w.now() + 10))),
    accepted("issued within the leeway", "RFC 7519 §4.1.6", |w| w.claim("iat", json!(w.now() + 10))),
    accepted("ends with a fraction of a second", "RFC 7519 §2: NumericDate", |w| w.claim("exp", json!(600.5 + w.now() as f64))),
    accepted("does not say when it was issued", "RFC 7519 §4.1.6: optional", |w| w.claim("iat", json!(null))),
    accepted("began long ago", "RFC 7519 §4.1.5", |w| w.claim("nbf", json!(0))),
    refused("ended a minute ago", "RFC 7519 §4.1.4", |w| w.claim("exp", json!(w.now() - 60))),
    refused("ended in 1970", "RFC 7519 §4.1.4", |w| w.claim("exp", json!(0))),
    refused("ended, and grants nothing", "trap 14: valid first, scopes second", |w| w.good().scope("").expires_in(-60).build()),
    refused("does not say when it ends", "RFC 9068 §2.2", |w| w.claim("exp", json!(null))),
    refused("ends at null", "CVE-2026-25537: malformed taken for absent", |w| w.claims(json!({"exp": null}))),
    refused("ends at a text", "RFC 7519 §2: a number", |w| w.claim("exp", json!("4000000000"))),
    refused("ends at a date", "RFC 7519 §2: a number", |w| w.claim("exp", json!("2099-01-01T00:00:00Z"))),
    refused("ends at true", "RFC 7519 §2: a number", |w| w.claim("exp", json!(true))),
    refused("ends at a list", "RFC 7519 §2: a number", |w| w.claim("exp", json!([4_000_000_000_u64]))),
    refused("ends before time", "RFC 7519 §2", |w| w.claim("exp", json!(-1))),
    refused("ends at the end of all numbers", "RFC 7519 §2: overflow", |w| w.claim("exp", json!(u64::MAX))),
    refused("ends beyond all numbers", "RFC 7519 §2: overflow", |w| w.claim("exp", json!(1e300))),
    refused("ends in milliseconds", "RFC 7519 §2: seconds", |w| w.claim("exp", json!(4_000_000_000_000_u64))),
    refused("begins in a minute", "RFC 7519 §4.1.5", |w| w.claim("nbf", json!(w.now() + 60))),
    refused("begins at a text", "RFC 7519 §2: a number", |w| w.claim("nbf", json!("0"))),
    refused("begins at null", "CVE-2026-25537: malformed taken for absent", |w| w.claims(json!({"nbf": null}))),
    refused("begins before time", "RFC 7519 §2", |w| w.claim("nbf", json!(-1))),
    refused("begins in a second's fraction after the leeway", "RFC 7519 §2", |w| w.claim("nbf", json!(40.5 + w.now() as f64))),
    refused("issued in a minute", "RFC 7519 §4.1.6", |w| w.claim("iat", json!(w.now() + 60))),
    refused("issued at a text", "RFC 7519 §2: a number", |w| w.claim("iat", json!("now"))),
    refused("issued at null", "CVE-2026-25537: malformed taken for absent", |w| w.claims(json!({"iat": null}))),
];
