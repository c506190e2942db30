//! Makes text from outside fit for a log line: escaped, short, and without secrets.
//!
//! - [`Truncated`] and [`QuotedText`] print a value that a client or an issuer sent.
//! - [`escaped_prefix`] and [`is_one_line`] are for values that a log line prints by itself.
//! - [`redaction`] is for the text of errors of other libraries and of the application, which
//!   may contain addresses and tokens.

use std::fmt;

pub mod redaction;

/// Prints `0` in at most `1` bytes, and escapes everything that could break or disguise a log
/// line (CWE-117).
pub struct Truncated<'a>(pub &'a str, pub usize);

/// Like [`Truncated`], in quotation marks that no value can break out of.
pub struct QuotedText<'a>(pub &'a str, pub usize);

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

/// Returns the beginning of a text that has at most `longest` characters once it is escaped,
/// as `Debug` prints it: one character can become ten.
pub fn escaped_prefix(text: &str, longest: usize) -> &str {
    let mut written = 0;
    let end = text.char_indices().find(|(_, character)| {
        written += character.escape_debug().count();
        written > longest
    });
    match end {
        Some((end, _)) => &text[..end],
        None => text,
    }
}

/// Returns whether a text stays as it is in a log line: no character in it needs an escape,
/// apart from quotation marks and backslashes.
pub fn is_one_line(text: &str) -> bool {
    text.chars().all(|character| {
        matches!(character, '"' | '\'' | '\\') || character.escape_debug().count() == 1
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_measured_as_it_is_printed() {
        assert_eq!(escaped_prefix("short", 9), "short");
        assert_eq!(escaped_prefix("a\nb", 3), "a\n");
        assert_eq!(escaped_prefix("\u{e0001}x", 8), "");
        assert!(is_one_line("a \"b\" 'c' \\ ä"));
        assert!(!is_one_line("a\nb") && !is_one_line("\u{202e}"));
    }

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
