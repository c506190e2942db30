//! Escapes and truncates untrusted text for a log line.

use std::fmt;

/// Prints `0` in at most `1` bytes, and escapes everything that could break or disguise a log
/// line (CWE-117).
pub(crate) struct Truncated<'a>(pub(crate) &'a str, pub(crate) usize);

/// Like [`Truncated`], in quotation marks that no value can break out of.
pub(crate) struct QuotedText<'a>(pub(crate) &'a str, pub(crate) usize);

impl fmt::Display for Truncated<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(f, self.0, self.1, |character| {
            // Already escaped, or part of a sentence.
            matches!(character, '"' | '\'' | '\\')
        })
    }
}

impl fmt::Display for QuotedText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        write(f, self.0, self.1, |character| character == '\'')?;
        f.write_str("\"")
    }
}

fn write(
    f: &mut fmt::Formatter<'_>,
    text: &str,
    most: usize,
    plain: impl Fn(char) -> bool,
) -> fmt::Result {
    // Reserves space for the ellipsis.
    let mut left = most.saturating_sub("…".len());
    for character in text.chars() {
        if plain(character) {
            match left.checked_sub(character.len_utf8()) {
                Some(rest) => left = rest,
                None => return f.write_str("…"),
            }
            write!(f, "{character}")?;
        } else {
            let escaped = character.escape_debug();
            match left.checked_sub(escaped.clone().map(char::len_utf8).sum()) {
                Some(rest) => left = rest,
                None => return f.write_str("…"),
            }
            write!(f, "{escaped}")?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_cannot_be_broken() {
        assert_eq!(
            Truncated("a\n\u{202e}'\"\\", 99).to_string(),
            r#"a\n\u{202e}'"\"#
        );
        assert_eq!(
            QuotedText("a\n'\" x=\"\\", 99).to_string(),
            r#""a\n'\" x=\"\\""#
        );
    }

    #[test]
    fn what_was_made_fit_stays_as_it_is() {
        let once = QuotedText("a\"b\nc", 99).to_string();
        assert_eq!(Truncated(&once, 99).to_string(), once);
    }

    #[test]
    fn a_line_cannot_be_made_long() {
        for text in ["ä".repeat(9_000), "\0".repeat(9_000), "x".repeat(65)] {
            let told = Truncated(&text, 64).to_string();
            assert!(told.len() <= 64 && told.ends_with('…'), "{told}");
        }
        for text in ["", "x", &"x".repeat(61)] {
            assert_eq!(Truncated(text, 64).to_string(), text);
        }
    }
}
