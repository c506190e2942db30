//! The authorization servers, beyond what the family `issuer` of `toolgate check` looks at:
//! whether they fit this program.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use url::Url;

use crate::{
    check_context::{CheckContext, Issuer},
    checks::issuer,
    finding::{
        Check, Finding, Section,
        Severity::{Fail, Note, Warn},
        count,
    },
    http::Request,
    issuer_metadata::places,
};

use super::{http_date, program_checks::Declared};

static SCOPES: Check = Check::new(
    "authorization.scopes",
    Warn,
    "If the authorization server lists its scopes, every scope of the program is among them.",
    "RFC 8414 §2 (`scopes_supported`); an unknown scope is refused or left out of the token",
    "Register the scopes there; `--print-scopes` lists them.",
);
static KEYS: Check = Check::new(
    "authorization.keys",
    Fail,
    "A published key can verify tokens here: RSA with 2048 bits or more, P-256, P-384 or Ed25519, and no other `alg`.",
    "RFC 8725 §3.2 and §3.5; RFC 7518 §3.3",
    "Make the authorization server sign access tokens with RS256, ES256 or EdDSA, and with RSA keys of 2048 bits.",
);
static OPAQUE: Check = Check::new(
    "authorization.opaque",
    Fail,
    "Tokens can be verified: with published keys, or by introspection.",
    "RFC 7662; RFC 9068",
    "Set TOOLGATE_INTROSPECTION_CLIENT_ID and TOOLGATE_INTROSPECTION_CLIENT_SECRET, or make the authorization server issue JWTs.",
);
static INTROSPECTION: Check = Check::new(
    "authorization.introspection",
    Fail,
    "If the program introspects tokens, the authorization server has an `introspection_endpoint`.",
    "RFC 8414 §2; RFC 7662 §2",
    "Remove TOOLGATE_INTROSPECTION_CLIENT_ID and its secret, or enable introspection there.",
);
static CLIENT: Check = Check::new(
    "authorization.client",
    Note,
    "Clients register by themselves, so nothing has to be entered by hand.",
    "MCP 2026-07-28, Client Registration",
    "Register a public client with these values, and give its id to users; or enable client id metadata documents.",
);
static CLOCK: Check = Check::new(
    "authorization.clock",
    Fail,
    "The clock of the authorization server differs by less than the leeway.",
    "RFC 7519 §4.1.4 and §4.1.5; RFC 9110 §6.6.1",
    "Set both clocks by NTP. If this machine is wrong, so is the server that runs on it.",
);

pub(super) static CHECKS: &[&Check] = &[&SCOPES, &KEYS, &OPAQUE, &INTROSPECTION, &CLIENT, &CLOCK];

/// Checks every authorization server of the metadata.
pub(super) async fn run(context: &mut CheckContext, declared: &Declared) -> Vec<Finding> {
    let named = declared.metadata.get("authorization_servers");
    let named = named.and_then(Value::as_array);
    let issuers: Vec<_> = named
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let mut all = Vec::new();
    for &identifier in &issuers {
        context.facts.metadata = json!({
            "resource": declared.settings.resource,
            "authorization_servers": [identifier],
        })
        .as_object()
        .cloned();
        context.facts.issuer = None;
        let mut own = issuer::run(context).await;
        own.extend(fits(context, identifier, declared).await);
        if issuers.len() > 1 {
            for finding in &mut own {
                finding.seen = format!("{identifier}: {}", finding.seen);
            }
        }
        all.extend(own);
    }
    if all.is_empty() {
        all.extend(skipped("no item needs a token"));
    }
    all
}

/// Returns the findings if there is no authorization server to look at.
pub(super) fn skipped(reason: &str) -> Vec<Finding> {
    let mut all = Section::new(issuer::CHECKS).close(reason);
    all.extend(Section::new(CHECKS).close(reason));
    all
}

async fn fits(context: &CheckContext, identifier: &str, declared: &Declared) -> Vec<Finding> {
    let mut section = Section::new(CHECKS);
    let leeway = declared.settings.leeway;
    if let Some(ahead) = clock(context, identifier).await {
        section.record(&CLOCK, within(ahead, leeway));
    }
    let Some(issuer) = &context.facts.issuer else {
        return section.close("the metadata of the authorization server was not found");
    };
    if issuer.document.contains_key("scopes_supported") {
        let scopes = declared.scopes.iter().map(String::as_str);
        let unknown: Vec<_> = scopes
            .filter(|scope| !issuer.lists("scopes_supported", scope))
            .collect();
        section.record(
            &SCOPES,
            match unknown.is_empty() {
                true => Ok("all are known".to_owned()),
                false => Err(format!("unknown: {}", unknown.join(" "))),
            },
        );
    }
    let has_keys = issuer.text("jwks_uri").is_some();
    let introspects = declared.settings.introspects;
    section.record(
        &OPAQUE,
        match (has_keys, introspects) {
            (true, _) => Ok("with published keys".to_owned()),
            (false, true) => Ok("by introspection".to_owned()),
            (false, false) => {
                Err("there is no `jwks_uri`, and the program does not introspect".to_owned())
            }
        },
    );
    if !issuer.keys.is_empty() {
        section.record(&KEYS, usable(&issuer.keys));
    }
    if introspects {
        section.record(
            &INTROSPECTION,
            match issuer.text("introspection_endpoint") {
                Some(endpoint) => Ok(endpoint.to_owned()),
                None => Err("there is none".to_owned()),
            },
        );
    }
    section.record(&CLIENT, client(issuer, declared));
    section.close("there is nothing to compare")
}

/// Returns by how many seconds the clock of the authorization server is ahead.
async fn clock(context: &CheckContext, identifier: &str) -> Option<i64> {
    let place = places(&Url::parse(identifier).ok()?).into_iter().next()?;
    let answer = context.http.exchange(Request::get(place)).await.ok()?;
    http_date::ahead(answer.header("date").as_deref())
}

/// Says whether a difference of clocks is within the leeway.
pub(super) fn within(ahead: i64, leeway: u64) -> Result<String, String> {
    let seen = match ahead {
        0.. => format!("{ahead} s ahead, with a leeway of {leeway} s"),
        _ => format!("{} s behind, with a leeway of {leeway} s", -ahead),
    };
    // A date has whole seconds.
    match ahead.unsigned_abs() <= leeway.max(2) {
        true => Ok(seen),
        false => Err(seen),
    }
}

fn client(issuer: &Issuer, declared: &Declared) -> Result<String, String> {
    let documents = issuer.document.get("client_id_metadata_document_supported");
    if documents == Some(&Value::Bool(true)) {
        return Ok("with client id metadata documents".to_owned());
    }
    if let Some(endpoint) = issuer.text("registration_endpoint") {
        return Ok(format!("at {endpoint}"));
    }
    Err(format!(
        "by hand: a public client (no secret, PKCE S256), redirect http://127.0.0.1/callback with any port, scopes {}, audience {}",
        declared.scopes.join(" "),
        declared.settings.audiences.join(" or ")
    ))
}

fn usable(keys: &[Value]) -> Result<String, String> {
    let refused: Vec<_> = keys.iter().filter_map(|key| unusable(key).err()).collect();
    match keys.len() - refused.len() {
        0 => Err(refused.join("; ")),
        usable => Ok(count(usable, "usable key")),
    }
}

/// # Errors
///
/// Returns why no token of this key can be accepted.
fn unusable(key: &Value) -> Result<(), String> {
    let text = |name: &str| key[name].as_str();
    if text("use").is_some_and(|purpose| purpose != "sig") {
        return Err("a key is not for signatures".to_owned());
    }
    let algorithms: &[&str] = match (text("kty"), text("crv")) {
        (Some("RSA"), _) => {
            let modulus = BASE64_URL_SAFE_NO_PAD.decode(text("n").unwrap_or_default());
            let modulus = modulus.unwrap_or_default();
            let zeros = modulus.iter().take_while(|byte| **byte == 0).count();
            let bits = (modulus.len() - zeros) * 8;
            if bits < 2048 {
                return Err(format!("an RSA key has {bits} bits"));
            }
            &["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]
        }
        (Some("EC"), Some("P-256")) => &["ES256"],
        (Some("EC"), Some("P-384")) => &["ES384"],
        (Some("OKP"), Some("Ed25519")) => &["EdDSA", "Ed25519"],
        (kind, curve) => {
            return Err(format!(
                "a key is {} {}",
                kind.unwrap_or("of no kind"),
                curve.unwrap_or_default()
            ));
        }
    };
    match text("alg") {
        Some(alg) if !algorithms.contains(&alg) => Err(format!("a key is for `{alg}`")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_verify_no_token_are_named() {
        let rsa = |bytes: usize| BASE64_URL_SAFE_NO_PAD.encode(vec![0x80; bytes]);
        for good in [
            json!({"kty": "RSA", "n": rsa(256)}),
            json!({"kty": "RSA", "n": rsa(512), "alg": "PS256", "use": "sig"}),
            json!({"kty": "EC", "crv": "P-384", "alg": "ES384"}),
            json!({"kty": "OKP", "crv": "Ed25519", "alg": "Ed25519"}),
        ] {
            assert_eq!(unusable(&good), Ok(()), "{good}");
        }
        for bad in [
            json!({"kty": "RSA", "n": rsa(128)}),
            json!({"kty": "RSA", "n": "!"}),
            json!({"kty": "RSA", "n": rsa(256), "use": "enc"}),
            json!({"kty": "RSA", "n": rsa(256), "alg": "RSA-OAEP"}),
            json!({"kty": "EC", "crv": "P-521"}),
            json!({"kty": "EC", "crv": "P-256", "alg": "ES384"}),
            json!({"kty": "oct", "k": "AA"}),
            json!({}),
        ] {
            assert!(unusable(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_clock_may_differ_by_the_leeway() {
        assert!(within(30, 30).is_ok() && within(-30, 30).is_ok());
        assert!(within(31, 30).is_err() && within(i64::MIN + 1, 30).is_err());
    }
}
