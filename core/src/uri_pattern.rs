//! Matches a URI with one exact URI, or with a URI template.
//!
//! Templates are RFC 6570 levels 1 and 2: `{name}` stands for one or more characters except
//! `/`, `?` and `#`, `{+name}` for one or more of any. A match decides access, so it must
//! be unambiguous: a variable ends at the first occurrence of the literal that follows it,
//! except that a final literal must end the URI. The segments `.` and `..` never match: a
//! tool that builds a path from a value must stay in its folder (CWE-22).

use std::{borrow::Cow, fmt};

#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzed;

/// The longest URI that is matched with a template, in bytes.
const LONGEST: usize = 8 * 1024;

/// A URI, or a template of URIs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UriPattern {
    text: &'static str,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Literal(&'static str),
    Variable { name: &'static str, takes_all: bool },
}

/// The decoded values of a template's variables, in the template's order.
pub(crate) type Values = Vec<(&'static str, String)>;

impl UriPattern {
    /// Parses a URI or a template.
    pub fn parse(text: &'static str) -> Result<Self, PatternError> {
        if !text
            .split_once(':')
            .is_some_and(|(scheme, rest)| is_scheme(scheme) && !rest.is_empty())
        {
            return Err(PatternError("it has no scheme, as in `notes://…`"));
        }
        let mut parts = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (literal, after) = rest.split_at(rest.find('{').unwrap_or(rest.len()));
            if literal.contains('}') {
                return Err(PatternError("a `}` has no `{` before it"));
            }
            if literal.contains('%') && literal.len() < text.len() {
                return Err(PatternError(
                    "a template cannot contain a `%` escape, which has several spellings",
                ));
            }
            if !literal.is_empty() {
                parts.push(Part::Literal(literal));
            }
            let Some(opened) = after.strip_prefix('{') else {
                break;
            };
            if matches!(parts.last(), Some(Part::Variable { .. })) {
                return Err(PatternError(
                    "two variables need text between them, to mark where the first ends",
                ));
            }
            let Some((inside, after)) = opened.split_once('}') else {
                return Err(PatternError("a `{` has no `}` after it"));
            };
            let (name, takes_all) = match inside.strip_prefix('+') {
                Some(name) => (name, true),
                None => (inside, false),
            };
            let is_name = |name: &str| {
                !name.is_empty()
                    && name
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            };
            if !is_name(name) {
                return Err(PatternError(
                    "a variable is a name, or `+` and a name (RFC 6570 levels 1 and 2)",
                ));
            }
            let is_taken =
                |part: &Part| matches!(part, Part::Variable { name: known, .. } if *known == name);
            if parts.iter().any(is_taken) {
                return Err(PatternError("two variables have one name"));
            }
            parts.push(Part::Variable { name, takes_all });
            rest = after;
        }
        Ok(Self { text, parts })
    }

    /// Returns the pattern's text.
    pub fn as_str(&self) -> &'static str {
        self.text
    }

    /// Returns whether the pattern has variables.
    pub fn is_template(&self) -> bool {
        self.variables().next().is_some()
    }

    /// Returns the names of the variables, in order.
    pub fn variables(&self) -> impl Iterator<Item = &'static str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Variable { name, .. } => Some(*name),
            Part::Literal(_) => None,
        })
    }

    /// Returns the values of the variables, or `None` if the URI does not match.
    pub fn matches(&self, uri: &str) -> Option<Values> {
        if uri.len() > LONGEST {
            return None;
        }
        let mut values = Values::new();
        let mut rest = uri;
        let mut parts = self.parts.as_slice();
        while let Some((part, after)) = parts.split_first() {
            parts = after;
            match *part {
                Part::Literal(literal) => rest = rest.strip_prefix(literal)?,
                Part::Variable { name, takes_all } => {
                    let end = match after.first() {
                        Some(Part::Literal(next)) if after.len() == 1 => rest
                            .len()
                            .checked_sub(next.len())
                            .filter(|&end| rest.get(end..) == Some(*next))?,
                        Some(Part::Literal(next)) => rest.find(next)?,
                        _ => rest.len(),
                    };
                    values.push((name, value(&rest[..end], takes_all)?));
                    rest = &rest[end..];
                }
            }
        }
        rest.is_empty().then_some(values)
    }
}

/// Decodes a variable's value. An escaped `/` is refused wherever a literal one is.
fn value(text: &str, takes_all: bool) -> Option<String> {
    let mut escapes = text.split('%').skip(1).map(str::as_bytes);
    if !escapes.all(|after| after.len() > 1 && after[..2].iter().all(u8::is_ascii_hexdigit)) {
        return None;
    }
    let decoded = percent_encoding::percent_decode_str(text)
        .decode_utf8()
        .ok()?;
    let is_segment = |text: &str| !text.contains('\\') && text != "." && text != "..";
    let is_allowed = |text: &str| match takes_all {
        true => text.split('/').all(is_segment),
        false => is_segment(text) && !text.contains(['/', '?', '#']),
    };
    let is_good = is_allowed(text) && is_allowed(&decoded);
    (is_good && !decoded.is_empty() && !decoded.contains('\0')).then(|| decoded.into_owned())
}

/// Returns the plainest spelling of a URI that a reader could treat as equal: without
/// escapes and without empty segments.
pub fn plainest_spelling(uri: &str) -> Cow<'_, str> {
    let decoded = percent_encoding::percent_decode_str(uri).decode_utf8_lossy();
    let (scheme, rest) = decoded.split_once("://").unwrap_or_default();
    let segments = rest.split('/').filter(|segment| !segment.is_empty());
    if !rest.contains("//") && !rest.ends_with('/') {
        return decoded;
    }
    let segments: Vec<_> = segments.collect();
    let root = if rest.starts_with('/') { "/" } else { "" };
    Cow::Owned(format!("{scheme}://{root}{}", segments.join("/")))
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

/// Why a text is not a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PatternError(&'static str);

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &'static str, uri: &str) -> Option<Vec<String>> {
        let pattern = UriPattern::parse(pattern).unwrap();
        let values = pattern.matches(uri)?;
        Some(values.into_iter().map(|(_, value)| value).collect())
    }

    fn some(values: &[&str]) -> Option<Vec<String>> {
        Some(values.iter().map(|&value| value.to_owned()).collect())
    }

    #[test]
    fn a_uri_without_variables_is_itself_and_nothing_else() {
        assert_eq!(matches("notes://all", "notes://all"), some(&[]));
        for other in [
            "notes://all/",
            "notes://al",
            "NOTES://all",
            "notes://all?x",
            "",
        ] {
            assert_eq!(matches("notes://all", other), None, "{other}");
        }
    }

    #[test]
    fn a_variable_is_one_segment_however_it_is_escaped() {
        assert_eq!(matches("notes://{id}", "notes://7"), some(&["7"]));
        assert_eq!(matches("notes://{id}", "notes://a%20b"), some(&["a b"]));
        for other in [
            "notes://",
            "notes://a/b",
            "notes://a%2fb",
            "notes://a%2Fb",
            "notes://a%5cb",
            "notes://..",
            "notes://%2e%2e",
            "notes://a?b",
            "notes://a#b",
            "notes://a%00",
            "notes://%ff",
            "notes://a%",
            "notes://a%2",
            "notes://a%zz",
        ] {
            assert_eq!(matches("notes://{id}", other), None, "{other}");
        }
    }

    #[test]
    fn no_value_leads_out_of_a_folder() {
        assert_eq!(matches("a:///{+p}", "a:///b/.c/..d"), some(&["b/.c/..d"]));
        for other in [
            "a:///..",
            "a:///../b",
            "a:///b/../../c",
            "a:///b/./c",
            "a:///b/%2e%2e/c",
            "a:///b/%2E./c",
            "a:///b%2f..%2fc",
            "a:///b\\..\\c",
            "a:///b%5c..%5cc",
            "a:///b%00",
        ] {
            assert_eq!(matches("a:///{+p}", other), None, "{other}");
        }
    }

    #[test]
    fn the_plain_spelling_has_no_escapes_and_no_empty_segments() {
        for (uri, expected) in [
            ("a://b/c", "a://b/c"),
            ("a://%62/c", "a://b/c"),
            ("a://b%2Fc", "a://b/c"),
            ("a://b//c", "a://b/c"),
            ("a://b/c//", "a://b/c"),
            ("a:///b//c/", "a:///b/c"),
            ("urn:b%63", "urn:bc"),
        ] {
            assert_eq!(plainest_spelling(uri), expected, "{uri}");
        }
    }

    #[test]
    fn what_is_no_pattern_says_why() {
        for text in [
            "notes",
            "://a",
            "a:",
            "a://{",
            "a://}",
            "a://{}",
            "a://{x}{y}",
            "a://{x}/{x}",
            "a://{x*}",
            "a://{?q}",
            "a://{x,y}",
            "a://b%20c/{x}",
        ] {
            assert!(UriPattern::parse(text).is_err(), "{text}");
        }
    }
}
