//! Checks a scope literal against RFC 6749 §3.3 and points at the invalid character.

use proc_macro2::Span;
use syn::LitStr;

/// Returns the error of a scope literal, with its place, or `None` if the scope is valid.
pub(crate) fn first_error(literal: &LitStr) -> Option<syn::Error> {
    let text = literal.value();
    if text.is_empty() {
        return Some(syn::Error::new(
            literal.span(),
            "a scope must have at least one character (RFC 6749 section 3.3): write one, or use `authenticated` or `public` instead",
        ));
    }
    // The runtime checks the same grammar in `Scope::new`: this crate cannot depend on it.
    let allowed = |c: char| matches!(c, '\x21' | '\x23'..='\x5b' | '\x5d'..='\x7e');
    let (at, (byte, wrong)) = text
        .char_indices()
        .enumerate()
        .find(|(_, (_, c))| !allowed(*c))?;
    let (what, fix) = match wrong {
        ' ' if text.split_whitespace().nth(1).is_none() => {
            ("a space".to_owned(), "remove it".to_owned())
        }
        ' ' => (
            "a space".to_owned(),
            format!(
                "for several scopes, write `scopes = [{}]`",
                text.split(' ')
                    .filter(|part| !part.is_empty())
                    .map(|part| format!("{part:?}"))
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
        ),
        '"' | '\\' => (
            format!("`{wrong}`"),
            "remove it, or write another character, such as `:`".to_owned(),
        ),
        c if c.is_ascii() => (
            format!("the control character {:#04x}", c as u32),
            "remove it".to_owned(),
        ),
        c => (
            format!("`{}` (not ASCII)", c.escape_debug()),
            "write ASCII letters, digits or characters such as `:`".to_owned(),
        ),
    };
    let pointer = " ".repeat(at) + "^";
    // A line break in the scope would misalign the pointer.
    let picture: String = text
        .chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect();
    Some(syn::Error::new(
        place(literal, byte, wrong),
        format!(
            "character {} of this scope is {what}, which RFC 6749 section 3.3 does not allow: {fix}\n    {picture}\n    {pointer}",
            at + 1
        ),
    ))
}

/// Returns the span of the character if the compiler provides it (nightly only today),
/// otherwise that of the literal. Offsets in a literal with escapes are unknown.
fn place(literal: &LitStr, byte: usize, wrong: char) -> Span {
    let token = literal.token();
    let plain = token.to_string() == format!("\"{}\"", literal.value());
    let part = byte + 1..byte + 1 + wrong.len_utf8();
    plain
        .then(|| token.subspan(part))
        .flatten()
        .unwrap_or_else(|| literal.span())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reported(text: &str) -> Option<String> {
        first_error(&LitStr::new(text, Span::call_site())).map(|error| error.to_string())
    }

    #[test]
    fn the_wrong_character_is_named_and_pointed_at() {
        for (text, expected) in [
            ("news read", "character 5 of this scope is a space"),
            (
                "news read",
                "for several scopes, write `scopes = [\"news\", \"read\"]`",
            ),
            ("news read", "\n    news read\n        ^"),
            ("a\"b", "character 2 of this scope is `\"`"),
            (
                "a\"b",
                "does not allow: remove it, or write another character",
            ),
            ("a\n", "does not allow: remove it"),
            ("ä", "does not allow: write ASCII letters"),
            (
                "news ",
                "is a space, which RFC 6749 section 3.3 does not allow: remove it",
            ),
            ("a\\b", "character 2 of this scope is `\\`"),
            ("a\u{a0}b", "not ASCII"),
            ("ä", "character 1"),
            ("a\n", "the control character 0x0a"),
            ("", "at least one character"),
        ] {
            let reported = reported(text).unwrap();
            assert!(reported.contains(expected), "{text:?}: {reported}");
        }
    }

    #[test]
    fn every_ascii_character_is_checked_as_the_rfc_says() {
        for byte in 0..=0x7f_u8 {
            let allowed =
                byte == 0x21 || (0x23..=0x5b).contains(&byte) || (0x5d..=0x7e).contains(&byte);
            let text = char::from(byte).to_string();
            assert_eq!(reported(&text).is_none(), allowed, "{byte:#x}");
        }
    }
}
