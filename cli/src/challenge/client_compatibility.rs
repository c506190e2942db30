//! Checks that every client in use can read a challenge.
//!
//! Most clients search the header with regular expressions, some use a strict parser. Both must
//! find the same parameters.

use super::{Challenge, first_match, raw, read};
use crate::target;

/// Parameters that clients search for with regular expressions.
const SEARCHED: [&str; 3] = ["scope", "resource_metadata", "error"];

/// RFC 6750 §3 allows ASCII only, in every parameter.
pub(crate) fn is_ascii(values: &[Vec<u8>]) -> Result<String, String> {
    let is_visible = |byte: &u8| matches!(byte, b'\t' | b' '..=b'~');
    match values.iter().flatten().find(|byte| !is_visible(byte)) {
        Some(byte) => Err(format!("the header contains the byte 0x{byte:02x}")),
        None => Ok("ASCII alone".to_owned()),
    }
}

/// Checks that `Bearer` comes first: some clients look only at the first scheme.
pub(crate) fn bearer_first(all: &[Challenge]) -> Result<&Challenge, String> {
    match all.first() {
        Some(first) if first.is_bearer() => Ok(first),
        Some(first) => Err(format!("the first scheme is `{}`", first.scheme)),
        None => Err("there is no challenge".to_owned()),
    }
}

/// Checks that a regular expression finds the same values as a parser.
pub(crate) fn is_searchable(values: &[Vec<u8>], bearer: &Challenge) -> Result<String, String> {
    let raw = raw(values);
    for name in SEARCHED {
        let found = first_match(&raw, name);
        if found.as_deref() != bearer.get(name) {
            return Err(match (found, bearer.get(name)) {
                (Some(found), None) => {
                    format!("`{name}={found}` appears inside another parameter's value")
                }
                (found, _) => format!(
                    "a search for `{name}=` finds `{}` instead",
                    found.unwrap_or_default()
                ),
            });
        }
    }
    Ok("a search and a parser find the same values".to_owned())
}

/// Returns `resource_metadata` if it is an absolute URL that can be fetched directly.
pub(crate) fn absolute_metadata(bearer: &Challenge) -> Result<String, String> {
    match bearer.get("resource_metadata") {
        None => Err("there is no `resource_metadata`".to_owned()),
        Some(url) => target::secure(url).map(|_| url.to_owned()),
    }
}

/// Runs all checks of this module. Used for challenges other than the first.
///
/// # Errors
///
/// Returns the first error.
pub(crate) fn well_formed(values: &[Vec<u8>]) -> Result<Challenge, String> {
    let all = read(values)?;
    is_ascii(values)?;
    let bearer = bearer_first(&all)?;
    is_searchable(values, bearer)?;
    absolute_metadata(bearer)?;
    Ok(bearer.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &str) -> Result<Challenge, String> {
        well_formed(&[value.as_bytes().to_vec()])
    }

    #[test]
    fn a_challenge_that_every_client_can_parse_is_well_formed() {
        let challenge = check(
            r#"Bearer error="insufficient_scope", scope="a b", resource_metadata="https://a.example/x", error_description="more is needed""#,
        );
        assert_eq!(challenge.unwrap().get("scope"), Some("a b"));
    }

    #[test]
    fn each_error_has_its_message() {
        for (value, word) in [
            (r#"Basic realm="x", Bearer scope="a""#, "first scheme"),
            (r#"Bearer resource_metadata="/x""#, "absolute"),
            (r#"Bearer scope="a""#, "no `resource_metadata`"),
            (r#"Bearer d="ä""#, "0xc3"),
            (r#"Bearer d="no scope=x", scope="a""#, "finds `x` instead"),
            (r#"Bearer d="no scope=x""#, "another parameter"),
            ("Bearer scope=a:b", "quoted"),
        ] {
            let error = check(value).expect_err(value);
            assert!(error.contains(word), "{value}: {error}");
        }
    }
}
