//! Discovery of an issuer's endpoints from its metadata.
//!
//! RFC 8414 §3.1 puts the well-known part between host and path; OpenID Connect Discovery §4
//! appends it. Issuers do one, the other or both, so all three URLs are tried in this order.
//! The `issuer` of the document must be the configured one (RFC 8414 §3.3): otherwise one
//! tenant of a host could impersonate another (mix-up, RFC 9700 §4.4).

use serde_json::{Map, Value};
use url::Url;

use super::http_fetcher::HttpFetcher;
use crate::{json, log_text::QuotedText};

#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzed;

/// Returns the URLs at which an issuer's metadata can be, in order, each once.
pub(super) fn metadata_urls(issuer: &Url) -> Vec<Url> {
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

/// The reason why a URL was not found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MissingMetadata {
    pub(super) reason: String,
    /// Whether the issuer's own document was read and does not name the URL.
    pub(super) not_offered: bool,
}

/// Finds the URL in this member of an issuer's metadata. `accepts` returns whether the
/// `issuer` of a document is the configured one.
pub(super) async fn find_url(
    member: &str,
    fetcher: &HttpFetcher,
    issuer: &Url,
    accepts: impl Fn(&str) -> bool,
) -> Result<Url, MissingMetadata> {
    let read = |members: &Map<String, Value>| url_member(members, member);
    find(member, fetcher, issuer, accepts, read).await
}

/// Finds a value in an issuer's metadata: `read` gets it from the first document that has it.
/// `what` is the name of the value in an error.
pub(super) async fn find<T>(
    what: &str,
    fetcher: &HttpFetcher,
    issuer: &Url,
    accepts: impl Fn(&str) -> bool,
    read: impl Fn(&Map<String, Value>) -> Result<Option<T>, String>,
) -> Result<T, MissingMetadata> {
    let mut errors = Vec::new();
    let mut not_offered = false;
    for place in metadata_urls(issuer) {
        let error = match fetcher.get(&place).await {
            Ok(document) => match members_of(&document, &accepts).and_then(|all| read(&all)) {
                Ok(Some(found)) => return Ok(found),
                Ok(None) => {
                    not_offered = true;
                    format!("it has no {what}")
                }
                Err(reason) => reason,
            },
            Err(error) if !error.is_answer() => {
                return Err(MissingMetadata {
                    reason: format!("its metadata: {error}"),
                    not_offered: false,
                });
            }
            Err(error) => error.to_string(),
        };
        errors.push(format!("{}: {error}", place.path()));
    }
    Err(MissingMetadata {
        reason: format!("its metadata: {}", errors.join("; ")),
        not_offered,
    })
}

/// Reads the members of a metadata document, if the document is this issuer's.
fn members_of(
    document: &[u8],
    accepts: impl Fn(&str) -> bool,
) -> Result<Map<String, Value>, String> {
    let members: Map<String, Value> =
        json::lenient(document).map_err(|_| "it is not a JSON object")?;
    let issuer = members.get("issuer").and_then(Value::as_str);
    if !issuer.is_some_and(accepts) {
        // RFC 8414 §3.3.
        return Err(format!(
            "its issuer is {}, and not the configured one, compared character by character: configure the issuer exactly as it names itself",
            QuotedText(issuer.unwrap_or_default(), 160)
        ));
    }
    Ok(members)
}

/// Reads a member as a URL, if the document has it.
pub(super) fn url_member(
    members: &Map<String, Value>,
    member: &str,
) -> Result<Option<Url>, String> {
    let Some(location) = members.get(member) else {
        return Ok(None);
    };
    let url = location.as_str().and_then(|text| Url::parse(text).ok());
    url.map(Some)
        .ok_or_else(|| format!("its {member} is not a URL"))
}

/// Reads a URL from a metadata document, if the document is this issuer's.
#[cfg(any(test, fuzzing))]
fn url_in(
    member: &str,
    document: &[u8],
    accepts: impl Fn(&str) -> bool,
) -> Result<Option<Url>, String> {
    url_member(&members_of(document, accepts)?, member)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(issuer: &str) -> Vec<String> {
        metadata_urls(&Url::parse(issuer).unwrap())
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
        let read = |text: &str| url_in("jwks_uri", text.as_bytes(), |issuer| issuer == "https://h");
        let good = r#"{"issuer":"https://h","jwks_uri":"https://k/keys"}"#;
        assert_eq!(read(good).unwrap().unwrap().as_str(), "https://k/keys");
        assert_eq!(read(r#"{"issuer":"https://h"}"#), Ok(None));
        for text in [
            r#"{"issuer":"https://h/","jwks_uri":"https://k/keys"}"#,
            r#"{"issuer":"https://H","jwks_uri":"https://k/keys"}"#,
            r#"{"issuer":["https://h"],"jwks_uri":"https://k/keys"}"#,
            r#"{"jwks_uri":"https://k/keys"}"#,
            r#"{"issuer":"https://h","jwks_uri":"/keys"}"#,
            r#"{"issuer":"https://h","jwks_uri":["https://k/keys"]}"#,
            r#"["issuer"]"#,
            "",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
