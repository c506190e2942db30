//! Removes addresses and tokens from the text of an error.
//!
//! Errors of HTTP clients print the whole URL, query and API key included, and errors of
//! token libraries sometimes print the token.

use std::{
    fmt::Write,
    net::{IpAddr, SocketAddr},
};

/// The longest text in a log line, in bytes. A line has 8 KiB in total.
const LONGEST: usize = 2_048;

/// Returns a text for a log line: short, in one line, without addresses and tokens.
pub fn for_log(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(LONGEST));
    for (word, between) in words(text) {
        if out.len() + word.len() + between.len() > LONGEST {
            out.push('…');
            break;
        }
        if word.contains("://") || is_address(word) {
            out.push_str("[address]");
        } else if looks_like_a_token(word) {
            out.push_str("[token]");
        } else {
            push_escaped(&mut out, word);
        }
        push_escaped(&mut out, between);
    }
    out
}

/// Returns a text for the caller: without tokens, and with addresses that have lost their
/// query and their credentials, which may contain API keys.
pub fn for_caller(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (word, between) in words(text) {
        if let Some((scheme, rest)) = word.split_once("://") {
            let end = rest.find(['?', '#']).unwrap_or(rest.len());
            let path = &rest[..end];
            let path = path.rsplit_once('@').map_or(path, |(_, host)| host);
            out.push_str(&format!("{scheme}://{path}"));
            if end < rest.len() {
                out.push_str("?[…]");
            }
        } else if looks_like_a_token(word) {
            out.push_str("[token]");
        } else {
            out.push_str(word);
        }
        out.push_str(between);
    }
    out
}

/// Splits a text into its words, each with the separators after it.
fn words(text: &str) -> impl Iterator<Item = (&str, &str)> {
    fn separates(c: char) -> bool {
        c.is_whitespace() || "()<>\"'`,;".contains(c)
    }
    text.split_inclusive(separates).map(|word| {
        let bare = word.trim_end_matches(separates);
        word.split_at(bare.len())
    })
}

/// Returns whether a word is an IP address, with or without a port.
fn is_address(word: &str) -> bool {
    let word = word.trim_end_matches([':', '.']);
    word.parse::<SocketAddr>().is_ok() || word.parse::<IpAddr>().is_ok()
}

/// Returns a text of at most `longest` bytes and an ellipsis, cut between characters.
pub fn cut(text: &str, longest: usize) -> String {
    if text.len() <= longest {
        return text.to_owned();
    }
    let mut end = longest;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}…", &text[..end])
}

fn push_escaped(out: &mut String, text: &str) {
    for c in text.chars() {
        if c.is_control() {
            // A line break would let a caller forge log lines (CWE-117).
            let _infallible = write!(out, "{}", c.escape_default());
        } else {
            out.push(c);
        }
    }
}

/// Returns whether a word has three parts, of which the first begins as the base64url text
/// of `{"` does (RFC 7515 §7.1).
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
    fn an_address_without_a_scheme_is_left_out() {
        assert_eq!(
            for_log("connect to 10.0.0.7:5432: refused by [::1]:80"),
            "connect to [address] refused by [address]"
        );
        assert_eq!(for_log("version 1.2.3: no"), "version 1.2.3: no");
    }

    #[test]
    fn a_caller_gets_no_key_of_an_address() {
        assert_eq!(
            for_caller("no answer from (https://u:p@api.example/query?apikey=secret#x), sorry"),
            "no answer from (https://api.example/query?[…]), sorry"
        );
        assert_eq!(
            for_caller("see https://docs.example/limits"),
            "see https://docs.example/limits"
        );
        assert_eq!(for_caller("got eyJh.eyJi.c"), "got [token]");
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
