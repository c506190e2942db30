//! Where an issuer keeps its keys, by its own metadata.
//!
//! RFC 8414 §3.1 puts the well-known part between host and path; OpenID Connect
//! Discovery §4 appends it. Issuers do one, the other or both, so all three places
//! are asked in this order. What counts is that the document's `issuer` is the one
//! that was asked for (RFC 8414 §3.3): otherwise one tenant of a host could speak for
//! another (mix-up, RFC 9700 §4.4).

use serde_json::{Map, Value};
use url::Url;

use super::fetch::Fetcher;

/// The places where an issuer's metadata can be, the best first, each once.
pub(super) fn places(issuer: &Url) -> Vec<Url> {
    // RFC 8414 §3.1: a terminating slash is removed before anything is inserted.
    let path = issuer.path().trim_end_matches('/');
    let mut places: Vec<Url> = Vec::new();
    for path in [
        format!("/.well-known/oauth-authorization-server{path}"),
        format!("/.well-known/openid-configuration{path}"),
        format!("{path}/.well-known/openid-configuration"),
    ] {
        let mut place = issuer.clone();
        place.set_path(&path);
        if !places.contains(&place) {
            places.push(place);
        }
    }
    places
}

/// Finds the URL of an issuer's key set. `accepts` says whether a document's `issuer`
/// is the one that was asked for.
pub(super) async fn find_keys(
    fetcher: &Fetcher,
    issuer: &Url,
    accepts: impl Fn(&str) -> bool,
) -> Result<Url, String> {
    let mut faults = Vec::new();
    for place in places(issuer) {
        let fault = match fetcher.get(&place).await {
            Ok(document) => match key_location(&document, &accepts) {
                Ok(location) => return Ok(location),
                Err(reason) => reason.to_owned(),
            },
            Err(fault) if !fault.is_answer() => return Err(format!("its metadata: {fault}")),
            Err(fault) => fault.to_string(),
        };
        faults.push(format!("{}: {fault}", place.path()));
    }
    Err(format!("its metadata: {}", faults.join("; ")))
}

/// Reads `jwks_uri` of a metadata document that is this issuer's.
fn key_location(document: &[u8], accepts: impl Fn(&str) -> bool) -> Result<Url, &'static str> {
    let members: Map<String, Value> =
        serde_json::from_slice(document).map_err(|_| "it is not a JSON object")?;
    let issuer = members.get("issuer").and_then(Value::as_str);
    if !issuer.is_some_and(accepts) {
        return Err("its issuer is not, character for character, the one that is configured");
    }
    let location = members.get("jwks_uri").and_then(Value::as_str);
    Url::parse(location.ok_or("it names no jwks_uri")?).map_err(|_| "its jwks_uri is no URL")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(issuer: &str) -> Vec<String> {
        places(&Url::parse(issuer).unwrap())
            .into_iter()
            .map(String::from)
            .collect()
    }

    #[test]
    fn the_well_known_part_is_inserted_then_appended() {
        for issuer in ["https://h:8/a/b", "https://h:8/a/b/"] {
            assert_eq!(
                paths(issuer),
                [
                    "https://h:8/.well-known/oauth-authorization-server/a/b",
                    "https://h:8/.well-known/openid-configuration/a/b",
                    "https://h:8/a/b/.well-known/openid-configuration",
                ]
            );
        }
    }

    #[test]
    fn without_a_path_two_places_are_one() {
        for issuer in ["https://h", "https://h/"] {
            assert_eq!(
                paths(issuer),
                [
                    "https://h/.well-known/oauth-authorization-server",
                    "https://h/.well-known/openid-configuration",
                ]
            );
        }
    }

    #[test]
    fn a_document_speaks_for_its_own_issuer_alone() {
        let read = |text: &str| key_location(text.as_bytes(), |issuer| issuer == "https://h");
        let good = r#"{"issuer":"https://h","jwks_uri":"https://k/keys"}"#;
        assert_eq!(read(good).unwrap().as_str(), "https://k/keys");
        for text in [
            r#"{"issuer":"https://h/","jwks_uri":"https://k/keys"}"#,
            r#"{"issuer":"https://H","jwks_uri":"https://k/keys"}"#,
            r#"{"issuer":["https://h"],"jwks_uri":"https://k/keys"}"#,
            r#"{"jwks_uri":"https://k/keys"}"#,
            r#"{"issuer":"https://h"}"#,
            r#"{"issuer":"https://h","jwks_uri":"/keys"}"#,
            r#"{"issuer":"https://h","jwks_uri":["https://k/keys"]}"#,
            r#"["issuer"]"#,
            "",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
