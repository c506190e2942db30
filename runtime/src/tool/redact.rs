//! What of a foreign text may stand in a log line: short, in one line, with no address
//! and no token.
//!
//! Errors of HTTP clients print the whole URL, query and API key included, and errors of
//! token libraries now and then the token.

use std::fmt::Write;

/// The longest text from outside in a log line, in bytes; a line has 8 KiB for all of it.
const LONGEST: usize = 2_048;

/// The text as it may be logged.
pub(super) fn for_log(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(LONGEST));
    for word in text.split_inclusive(|c: char| c.is_whitespace() || "()<>\"'`,;".contains(c)) {
        if out.len() + word.len() > LONGEST {
            out.push('…');
            break;
        }
        let kept = word.trim_end_matches(|c: char| c.is_whitespace() || "()<>\"'`,;".contains(c));
        if kept.contains("://") {
            out.push_str("[address]");
        } else if looks_like_a_token(kept) {
            out.push_str("[token]");
        } else {
            push_plain(&mut out, kept);
        }
        push_plain(&mut out, &word[kept.len()..]);
    }
    out
}

/// A text cut to `longest` bytes, at a character's border.
pub(super) fn cut(text: &str, longest: usize) -> String {
    if text.len() <= longest {
        return text.to_owned();
    }
    let mut end = longest;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}…", &text[..end])
}

fn push_plain(out: &mut String, text: &str) {
    for c in text.chars() {
        if c.is_control() {
            // A line break would let a caller write log lines of its own.
            let _infallible = write!(out, "{}", c.escape_default());
        } else {
            out.push(c);
        }
    }
}

/// Three parts with dots and a head that begins as base64url of `{"` does (RFC 7515 §7.1).
fn looks_like_a_token(word: &str) -> bool {
    word.find("eyJ")
        .is_some_and(|start| word[start..].matches('.').count() >= 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_tokens_are_left_out() {
        let text = "error sending request for url (https://api.example/query?apikey=secret): token \
                    eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.x refused";
        let logged = for_log(text);
        assert_eq!(
            logged,
            "error sending request for url ([address]): token [token] refused"
        );
    }

    #[test]
    fn a_line_stays_one_line_and_short() {
        assert_eq!(for_log("a\nb\u{1b}[31m"), "a\\nb\\u{1b}[31m");
        assert!(for_log(&"word ".repeat(10_000)).len() <= LONGEST + 8);
        assert!(for_log(&"x".repeat(100_000)).len() <= LONGEST + 8);
        assert!(for_log(&"\n".repeat(100_000)).len() <= LONGEST * 4);
    }

    #[test]
    fn a_text_is_cut_at_the_border_of_a_character() {
        assert_eq!(cut("aä", 2), "a…");
        assert_eq!(cut("aä", 3), "aä");
    }
}
