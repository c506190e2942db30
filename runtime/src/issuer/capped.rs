//! Text from outside, made fit for a log line.

use std::fmt;

/// Prints at most `1` bytes of `0`, with everything escaped that could break a line
/// or pass for another field (CWE-117).
pub(crate) struct Capped<'a>(pub(crate) &'a str, pub(crate) usize);

impl fmt::Display for Capped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut left = self.1;
        for character in self.0.chars() {
            let escaped = character.escape_debug();
            // Three of the bytes are kept for what says that something is missing.
            match left.checked_sub(escaped.clone().map(char::len_utf8).sum()) {
                Some(rest) if rest >= 3 => left = rest,
                _ => return f.write_str("…"),
            }
            write!(f, "{escaped}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_cannot_be_broken_or_made_long() {
        assert_eq!(
            Capped("a\nb\u{202e}\"", 99).to_string(),
            r#"a\nb\u{202e}\""#
        );
        for (text, most) in [
            ("ä".repeat(9_000), 64),
            ("\0".repeat(9_000), 64),
            ("x".repeat(65), 64),
        ] {
            let told = Capped(&text, most).to_string();
            assert!(told.len() <= most && told.ends_with('…'), "{told}");
        }
    }
}
