//! Regular expressions of schemas, translated to ECMA-262 semantics where the engine
//! differs.

use std::fmt::Write;

use regex_lite::{Regex, RegexBuilder};

/// The largest compiled pattern in bytes. Only counted repetitions reach megabytes.
const LARGEST: usize = 1 << 20;

/// White space and line ends of ECMA-262 (§22.2.2.9), as ranges.
const SPACE: &[(char, char)] = &[
    ('\t', '\r'),
    (' ', ' '),
    ('\u{a0}', '\u{a0}'),
    ('\u{1680}', '\u{1680}'),
    ('\u{2000}', '\u{200a}'),
    ('\u{2028}', '\u{2029}'),
    ('\u{202f}', '\u{202f}'),
    ('\u{205f}', '\u{205f}'),
    ('\u{3000}', '\u{3000}'),
    ('\u{feff}', '\u{feff}'),
];

/// A pattern that searches any text in linear time.
pub(super) struct Pattern {
    text: String,
    regex: Regex,
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    ///
    /// What the engine does not support, and how to fix it.
    pub(super) fn parse(text: &str) -> Result<Self, (String, &'static str)> {
        let error = |what: &str| {
            (
                format!("the pattern {text:?} cannot be used: {what}"),
                remedy(text),
            )
        };
        if has_empty_class(text) {
            return Err(error(
                "a class `[…]` begins with `]`, which engines read differently",
            ));
        }
        RegexBuilder::new(&translated(text))
            .size_limit(LARGEST)
            .build()
            .map(|regex| Self {
                text: text.to_owned(),
                regex,
            })
            .map_err(|broken| error(&broken.to_string()))
    }

    /// Returns the pattern's text.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns whether the pattern matches anywhere in a text.
    pub(super) fn is_in(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

/// Returns what to write instead.
fn remedy(text: &str) -> &'static str {
    let has = |what: &[&str]| what.iter().any(|what| text.contains(what));
    if has(&["\\p", "\\P"]) {
        "write the ranges out instead of a Unicode class: `[A-Za-z]` for letters without accents, `[A-Za-z\\u00C0-\\u024F]` for those of Western languages, `[0-9]` for digits"
    } else if has(&["(?=", "(?!", "(?<=", "(?<!"]) {
        "patterns are regular expressions without look-around and back-references, so that no argument can make them slow: use `allOf` and `not`, or check it in the tool"
    } else if has(&["(?i", "[["]) {
        "write both cases out, and `[` within a class as `\\[`"
    } else {
        "patterns are regular expressions without look-around, back-references and Unicode classes, so that no argument can make them slow; special characters are escaped with `\\`"
    }
}

/// `[]` is an empty class in ECMA-262, and the start of a longer one in other engines.
fn has_empty_class(text: &str) -> bool {
    let mut found = false;
    walk(text, |piece| {
        found |=
            matches!(piece, Piece::Opening(rest) if rest.trim_start_matches('^').starts_with(']'));
    });
    found
}

/// Translates a pattern: expands classes that match less in the engine than in ECMA-262.
fn translated(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    walk(text, |piece| match piece {
        Piece::Opening(_) => out.push('['),
        Piece::Dot => out.push_str(r"[^\n\r\x{2028}\x{2029}]"),
        Piece::Space { in_class: true } => out.push_str(&ranges(SPACE)),
        Piece::Space { in_class: false } => push_class(&mut out, "[", SPACE),
        Piece::NoSpace { in_class: true } => out.push_str(&ranges(&between())),
        Piece::NoSpace { in_class: false } => push_class(&mut out, "[^", SPACE),
        Piece::Other(part) => out.push_str(part),
    });
    out
}

/// A part of a pattern that the translation distinguishes.
enum Piece<'p> {
    /// The start of a class, with what follows.
    Opening(&'p str),
    Dot,
    Space {
        in_class: bool,
    },
    NoSpace {
        in_class: bool,
    },
    Other(&'p str),
}

fn walk<'p>(text: &'p str, mut each: impl FnMut(Piece<'p>)) {
    let mut in_class = false;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let second = rest.chars().nth(1).filter(|_| first == '\\');
        let length = first.len_utf8() + second.map_or(0, char::len_utf8);
        let (part, after) = rest.split_at(length);
        rest = after;
        match (first, second) {
            ('\\', Some('s')) => each(Piece::Space { in_class }),
            ('\\', Some('S')) => each(Piece::NoSpace { in_class }),
            ('.', _) if !in_class => each(Piece::Dot),
            ('[', _) if !in_class => {
                in_class = true;
                each(Piece::Opening(after));
            }
            (']', _) => {
                in_class = false;
                each(Piece::Other(part));
            }
            _ => each(Piece::Other(part)),
        }
    }
}

fn push_class(out: &mut String, opening: &str, characters: &[(char, char)]) {
    out.push_str(opening);
    out.push_str(&ranges(characters));
    out.push(']');
}

fn ranges(characters: &[(char, char)]) -> String {
    let mut out = String::new();
    for &(first, last) in characters {
        let (first, last) = (u32::from(first), u32::from(last));
        let _infallible = write!(out, "\\x{{{first:x}}}-\\x{{{last:x}}}");
    }
    out
}

/// Returns the ranges of everything but white space.
fn between() -> Vec<(char, char)> {
    let mut out = Vec::new();
    let mut next = '\0';
    for &(first, last) in SPACE {
        let before = char::from_u32(u32::from(first).saturating_sub(1));
        out.extend(
            before
                .filter(|before| *before >= next)
                .map(|before| (next, before)),
        );
        next = char::from_u32(u32::from(last) + 1).unwrap_or(char::MAX);
    }
    out.push((next, char::MAX));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_searched_for_and_means_what_ecma_means() {
        for (pattern, text, expected) in [
            ("b", "abc", true),
            ("^b", "abc", false),
            (r"^\d+$", "12", true),
            (r"^\d+$", "\u{0661}", false),
            (r"^\w$", "\u{e4}", false),
            (r"^\s$", "\u{a0}", true),
            (r"^\S$", "\u{feff}", false),
            (r"^[\s,]+$", "\u{3000},", true),
            (r"^[\S]$", "\u{2000}", false),
            (r"^[\S]$", "\u{10ffff}", true),
            (r"^[\S]$", "\u{1fff}", true),
            ("^.$", "\u{2028}", false),
            ("^.$", "\u{1f600}", true),
            ("^[.]$", "a", false),
            (r"^\.$", "a", false),
            (r"^a\/b$", "a/b", true),
            ("a$", "a\n", false),
            (r"^[\]\\]$", "\\", true),
        ] {
            let read = Pattern::parse(pattern).map_err(|(what, _)| what).unwrap();
            assert_eq!(read.is_in(text), expected, "{pattern} {text:?}");
        }
    }

    #[test]
    fn what_the_engine_does_not_have_is_reported_with_a_remedy() {
        for (pattern, what, instead) in [
            ("(?=a)", "look-around", "look-around"),
            (r"(a)\1", "backreferences", "back-references"),
            (r"^\p{L}+$", "Unicode", "[A-Za-z]"),
            ("[]a]", "begins with `]`", "escaped"),
            ("[^]", "begins with `]`", "escaped"),
            ("[a", "class", "escaped"),
            ("(a{999}){999}", "size limit", "escaped"),
            ("[[a]", "nested", "`\\[`"),
        ] {
            let (told, remedy) = Pattern::parse(pattern).err().expect(pattern);
            assert!(told.contains(what), "{pattern}: {told}");
            assert!(remedy.contains(instead), "{pattern}: {remedy}");
        }
    }
}
