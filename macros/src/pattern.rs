//! Checks that a string is a pattern that the server can match, and points at the mistake.

use syn::LitStr;

use crate::errors::Errors;

/// The largest compiled pattern, in bytes; the runtime's limit.
const LARGEST: usize = 1 << 20;

/// Returns whether a string is a valid pattern, and reports the error if it is not.
pub(crate) fn is_pattern(text: &LitStr, errors: &Errors) -> bool {
    let value = text.value();
    if let Some((at, what)) = first_error(&value) {
        let pointer = " ".repeat(at) + "^";
        errors.add_on(
            text,
            format_args!("this pattern is not valid: {what}\n    {value}\n    {pointer}"),
        );
        return false;
    }
    // The engine decides about the rest, but does not report the place.
    let compiled = regex_lite::RegexBuilder::new(&value)
        .size_limit(LARGEST)
        .build();
    if let Err(error) = &compiled {
        errors.add_on(
            text,
            format_args!("this pattern is not valid: {error}\n    {value}"),
        );
    }
    compiled.is_ok()
}

/// Returns the first mistake that can be found without the engine, with the number of
/// characters before it.
fn first_error(text: &str) -> Option<(usize, &'static str)> {
    let characters: Vec<char> = text.chars().collect();
    let is_next = |at: usize, what: &[char]| {
        characters
            .get(at..)
            .is_some_and(|rest| rest.starts_with(what))
    };
    let mut groups = Vec::new();
    let mut class = None;
    // Whether `*` has something to repeat.
    let mut is_repeatable = false;
    let mut at = 0;
    while let Some(&character) = characters.get(at) {
        let here = at;
        at += 1;
        if character == '\\' {
            let Some(escaped) = characters.get(at) else {
                return Some((here, "it ends with a `\\` that escapes nothing"));
            };
            match escaped {
                'p' | 'P' => {
                    return Some((
                        here,
                        "Unicode classes are not supported; write ranges instead, such as `[A-Za-z]`, or `[A-Za-z\\u00C0-\\u024F]` for letters of Western languages",
                    ));
                }
                '0'..='9' | 'k' if class.is_none() => return Some((here, LOOK_AROUND)),
                _ => {}
            }
            at += 1;
            is_repeatable = true;
            continue;
        }
        match character {
            ']' if class.is_some() => (class, is_repeatable) = (None, true),
            _ if class.is_some() => {}
            '[' => {
                let first = if is_next(at, &['^']) { at + 1 } else { at };
                if is_next(first, &[']'])
                    && characters
                        .get(first + 1..)
                        .is_some_and(|rest| rest.contains(&']'))
                {
                    return Some((
                        first,
                        "engines differ on a class that begins with `]`; write `\\]`",
                    ));
                }
                class = Some(here);
            }
            '(' => {
                let looks = [['?', '='], ['?', '!']]
                    .iter()
                    .any(|look| is_next(at, look));
                let looks_back = [['?', '<', '='], ['?', '<', '!']]
                    .iter()
                    .any(|look| is_next(at, look));
                if looks || looks_back {
                    return Some((here, LOOK_AROUND));
                }
                // This `?` begins a group option, not a repetition.
                at += usize::from(is_next(at, &['?']));
                groups.push(here);
                is_repeatable = false;
            }
            ')' => {
                if groups.pop().is_none() {
                    return Some((here, "this `)` has no `(` before it"));
                }
                is_repeatable = true;
            }
            '*' | '+' | '?' if !is_repeatable => {
                return Some((here, "there is nothing to repeat"));
            }
            '|' => is_repeatable = false,
            _ => is_repeatable = true,
        }
    }
    let class = class.map(|at| (at, "a `[` is not closed"));
    class.or(groups.first().map(|&at| (at, "a `(` is not closed")))
}

const LOOK_AROUND: &str = "look-around and back-references are not supported, because they can make matching very slow; write the pattern without them";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_is_pointed_at() {
        for (pattern, expected) in [
            ("^[A-Z$", Some(1)),
            ("a(?=b)", Some(1)),
            ("(?<!a)b", Some(0)),
            (r"(a)\1", Some(3)),
            (r"^\p{L}$", Some(1)),
            ("*", Some(0)),
            ("a|*", Some(2)),
            ("(*)", Some(1)),
            ("a)", Some(1)),
            ("(a(b)", Some(0)),
            ("a\\", Some(1)),
            ("[]a]", Some(1)),
            ("[^]a]", Some(2)),
            ("(?:a|b)*?", None),
            ("(?<name>a)+", None),
            (r"\[\(\*\\", None),
            ("[*(+]*", None),
            ("^a{2,3}$", None),
        ] {
            assert_eq!(
                first_error(pattern).map(|(at, _)| at),
                expected,
                "{pattern}"
            );
        }
    }

    #[test]
    fn what_cannot_be_pointed_at_is_left_to_the_engine() {
        for pattern in ["a{3,2}", "[z-a]", "(?z)", r"\y"] {
            assert_eq!(first_error(pattern), None, "{pattern}");
            assert!(regex_lite::Regex::new(pattern).is_err(), "{pattern}");
        }
    }
}
