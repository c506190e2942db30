//! Metadata documents from a fuzzer. The expected result follows from how a document was
//! built, so that no second parser is needed.

use super::*;

const ISSUER: &str = "https://as.example/tenant";

/// JSON values, each with its text if it is a string.
const VALUES: [(&str, Option<&str>); 14] = [
    ("\"https://as.example/tenant\"", Some(ISSUER)),
    ("\"https:\\/\\/as.example/t\\u0065nant\"", Some(ISSUER)),
    (
        "\"https://as.example/tenant/\"",
        Some("https://as.example/tenant/"),
    ),
    (
        "\"https://AS.example/tenant\"",
        Some("https://AS.example/tenant"),
    ),
    (
        "\"https://as.example/keys\"",
        Some("https://as.example/keys"),
    ),
    (
        "\"http://169.254.169.254/\"",
        Some("http://169.254.169.254/"),
    ),
    ("\"/keys\"", Some("/keys")),
    ("\"\"", Some("")),
    ("\"https://\"", Some("https://")),
    ("7", None),
    ("null", None),
    ("[\"https://as.example/tenant\"]", None),
    ("{\"issuer\":\"https://as.example/tenant\"}", None),
    ("[[[[]]]]", None),
];

const NAMES: [(&str, &str); 8] = [
    ("issuer", "issuer"),
    ("jwks_uri", "jwks_uri"),
    ("\\u0069ssuer", "issuer"),
    ("jwks\\u005furi", "jwks_uri"),
    ("Issuer", "Issuer"),
    ("jwks_uri ", "jwks_uri "),
    ("token_endpoint", "token_endpoint"),
    ("$serde_json::private::RawValue", PRIVATE),
];
const PRIVATE: &str = "$serde_json::private::RawValue";

/// Text around a document, and whether the result is still a document.
const AROUND: [(&str, bool); 9] = [
    ("D", true),
    ("D", true),
    (" D\r\n", true),
    ("D", true),
    ("\u{feff}D", false),
    ("[D]", false),
    ("DD", false),
    ("<html>D", false),
    ("D,", false),
];

/// Checks the document that these bytes encode.
pub(crate) fn check(bytes: &[u8]) {
    let Some((&first, rest)) = bytes.split_first() else {
        return;
    };
    if first == 255 {
        // Mostly not a document at all. Here the result is compared with a second parser.
        let found = url_in("jwks_uri", rest, |issuer| issuer == ISSUER);
        let value: Option<Value> = serde_json::from_slice(rest).ok();
        let says = |name: &str| value.as_ref()?.get(name)?.as_str();
        if let Ok(found) = found {
            assert_eq!(says("issuer"), Some(ISSUER));
            assert_eq!(found.is_some(), says("jwks_uri").is_some());
        }
        return places_of(&String::from_utf8_lossy(rest));
    }
    let mut members = Vec::new();
    let (mut issuer, mut jwks_uri) = (None, None);
    let mut is_private = false;
    for pair in rest.chunks_exact(2) {
        let (written, name) = NAMES[usize::from(pair[0]) % NAMES.len()];
        let (text, value) = VALUES[usize::from(pair[1]) % VALUES.len()];
        members.push(format!("\"{written}\":{text}"));
        match name {
            // The last one is used.
            "issuer" => issuer = Some(value),
            "jwks_uri" => jwks_uri = Some(value),
            _ => is_private |= name == PRIVATE,
        }
    }
    let (around, is_document) = AROUND[usize::from(first) % AROUND.len()];
    let document = around.replace('D', &format!("{{{}}}", members.join(",")));
    let found = url_in("jwks_uri", document.as_bytes(), |issuer| issuer == ISSUER);
    let is_ours = is_document && !is_private && issuer == Some(Some(ISSUER));
    let expected = match jwks_uri {
        _ if !is_ours => Err(()),
        None => Ok(None),
        Some(text) => match text.map(Url::parse) {
            Some(Ok(url)) => Ok(Some(url)),
            _ => Err(()),
        },
    };
    assert_eq!(found.map_err(|_| ()), expected, "{document}");
}

/// Checks that every metadata URL is at the issuer's own origin.
fn places_of(text: &str) {
    let Ok(issuer) = Url::parse(text) else {
        return;
    };
    if issuer.cannot_be_a_base() {
        return;
    }
    let places = metadata_urls(&issuer);
    assert!((2..=3).contains(&places.len()), "{places:?}");
    for place in &places {
        assert_eq!(
            place.origin().ascii_serialization(),
            issuer.origin().ascii_serialization()
        );
        assert_eq!(
            (place.scheme(), place.host_str()),
            (issuer.scheme(), issuer.host_str())
        );
        assert!(place.path().contains("/.well-known/"), "{place}");
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn documents_that_a_fuzzer_made_are_read_as_they_were_made() {
        assert!(crate::__fuzzing::replay("discovery", super::check) > 20);
    }
}
