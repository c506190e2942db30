//! Text from outside, made fit for a log line.

use std::fmt;

/// Prints `0` in at most `1` bytes, with everything escaped that could break a line or
/// hide in it (CWE-117).
pub(crate) struct Capped<'a>(pub(crate) &'a str, pub(crate) usize);

/// The same between quotation marks, out of which no value can break.
pub(crate) struct Quoted<'a>(pub(crate) &'a str, pub(crate) usize);

impl fmt::Display for Capped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(f, self.0, self.1, |character| {
            // Escaped already, or a part of a sentence.
            matches!(character, '"' | '\'' | '\\')
        })
    }
}

impl fmt::Display for Quoted<'_> {
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
    const ELLIPSIS: &str = "…";
    let mut left = most;
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        let escaped = character.escape_debug();
        let (length, plain) = match plain(character) {
            true => (character.len_utf8(), true),
            false => (escaped.clone().map(char::len_utf8).sum(), false),
        };
        let needed = match rest.as_str() {
            "" => length,
            _ => length + ELLIPSIS.len(),
        };
        if needed > left {
            return f.write_str(ELLIPSIS);
        }
        left -= length;
        match plain {
            true => write!(f, "{character}")?,
            false => write!(f, "{escaped}")?,
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
            Capped("a\n\u{202e}'\"\\", 99).to_string(),
            r#"a\n\u{202e}'"\"#
        );
        assert_eq!(
            Quoted("a\n'\" x=\"\\", 99).to_string(),
            r#""a\n'\" x=\"\\""#
        );
    }

    #[test]
    fn what_was_made_fit_stays_as_it_is() {
        let once = Quoted("a\"b\nc", 99).to_string();
        assert_eq!(Capped(&once, 99).to_string(), once);
    }

    #[test]
    fn a_line_cannot_be_made_long() {
        for text in ["ä".repeat(9_000), "\0".repeat(9_000), "x".repeat(65)] {
            let told = Capped(&text, 64).to_string();
            assert!(told.len() <= 64 && told.ends_with('…'), "{told}");
        }
        for text in ["", "x", &"x".repeat(64)] {
            assert_eq!(Capped(text, 64).to_string(), text);
        }
    }
}
