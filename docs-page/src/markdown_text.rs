//! Text from outside as Markdown that shows exactly this text: no markup, link, table or HTML.
//!
//! The escapes hold in CommonMark and in GitHub's dialect, which turns bare addresses into links.
//! Punctuation without a meaning at its place stays as it is, because programs and people read
//! the source, too.

use crate::doc_comment::{Piece, paragraphs, pieces};

/// Returns text on one line.
pub(crate) fn line(text: &str) -> String {
    let mut out = String::new();
    escape(&one_line(text), &mut out);
    out
}

/// Returns paragraphs with code between backticks. Each line but the first has this indent, so
/// that they are part of one list item.
pub(crate) fn prose(text: &str, indent: &str) -> String {
    // Markdown reads a lone carriage return as the end of a line.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let paragraphs = paragraphs(&text).into_iter().map(|paragraph| {
        let mut out = String::new();
        for piece in pieces(&paragraph) {
            match piece {
                Piece::Text(text) => escape(text, &mut out),
                Piece::Code("") => {}
                Piece::Code(text) => {
                    // Two runs of backticks would become one.
                    if out.ends_with('`') {
                        out.push(' ');
                    }
                    out += &code(text);
                }
            }
        }
        out.replace('\n', &format!("\n{indent}"))
    });
    let paragraphs: Vec<_> = paragraphs.collect();
    paragraphs.join(&format!("\n\n{indent}"))
}

/// Returns code on one line.
pub(crate) fn code(text: &str) -> String {
    let text = one_line(text);
    let fence = "`".repeat(longest_run(&text) + 1);
    let is_blank = text.trim_matches(' ').is_empty();
    let is_padded = text.starts_with(' ') && text.ends_with(' ') && !is_blank;
    let space = match text.is_empty() || is_padded || text.starts_with('`') || text.ends_with('`') {
        true => " ",
        false => "",
    };
    format!("{fence}{space}{text}{space}{fence}")
}

/// Returns a block of code.
pub(crate) fn block(language: &str, text: &str) -> String {
    let text = text.replace('\r', " ");
    let fence = "`".repeat(longest_run(&text).max(2) + 1);
    format!("{fence}{language}\n{text}\n{fence}\n")
}

/// Replaces the ends of lines and all other control characters by spaces.
fn one_line(text: &str) -> String {
    text.chars().map(visible).collect()
}

fn visible(char: char) -> char {
    match char {
        char if char.is_control() => ' ',
        char => char,
    }
}

/// Returns the length of the longest run of backticks.
fn longest_run(text: &str) -> usize {
    let runs = text.split(|char| char != '`').map(str::len);
    runs.max().unwrap_or_default()
}

/// Appends text with escapes. It begins at the start of a line if `out` does.
fn escape(text: &str, out: &mut String) {
    let chars: Vec<char> = text.chars().collect();
    // What the line has so far, to find list markers and headings.
    let mut line: String = out.rsplit('\n').next().unwrap_or_default().to_owned();
    for (place, &char) in chars.iter().enumerate() {
        let before = place.checked_sub(1).map(|place| chars[place]);
        let after = chars.get(place + 1).copied().unwrap_or(' ');
        if char == '\n' {
            out.push('\n');
            line.clear();
            continue;
        }
        let char = visible(char);
        // Four spaces at the start of a line would be code.
        if line.is_empty() && char.is_whitespace() {
            continue;
        }
        match char {
            '@' if is_address(before, after) => out.push_str("`@`"),
            char => {
                if is_special(char, &line, before, after) {
                    out.push('\\');
                }
                out.push(char);
            }
        }
        line.push(char);
    }
}

/// Returns whether an "at" sign is within an address for mail. GitHub's dialect links it even
/// after a backslash.
fn is_address(before: Option<char>, after: char) -> bool {
    let is_local = |char: char| char.is_alphanumeric() || ".-_+".contains(char);
    before.is_some_and(is_local) && !after.is_whitespace()
}

/// Returns whether a character would have a meaning after this beginning of a line.
fn is_special(char: char, line: &str, before: Option<char>, after: char) -> bool {
    let is_number = !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_digit());
    match char {
        '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '&' | '#' | '|' | '~' | '$' | '{' => true,
        // Lists, rules, and the underlines of headings.
        '-' | '+' | '=' => line.is_empty(),
        ')' => is_number,
        // `https:`, `:name:`, and the definition of a term.
        ':' => line.is_empty() || !after.is_whitespace(),
        '.' => {
            let follows_letter = before.is_some_and(char::is_alphabetic);
            is_number || after.is_alphabetic() || (follows_letter && !after.is_whitespace())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn punctuation_without_a_meaning_stays() {
        let text = "Adds 2.5 items (or more), at most 10: see the list. Is it well-known? Yes!";
        assert_eq!(line(text), text);
        assert_eq!(
            prose("One\ntwo.\n\nThree `a|b`.", ""),
            "One\ntwo.\n\nThree `a|b`."
        );
    }

    #[test]
    fn what_has_a_meaning_is_escaped() {
        for (text, expected) in [
            ("# A", r"\# A"),
            ("- a - b", r"\- a - b"),
            ("1. a 2. b", r"1\. a 2. b"),
            ("1) a", r"1\) a"),
            ("    code", "code"),
            ("[a](b)", r"\[a\](b)"),
            ("https://a.b", r"https\://a\.b"),
            ("www.example.com", r"www\.example\.com"),
            ("a@b.c, @me", r"a`@`b\.c, @me"),
            ("a\nb\tc", "a b c"),
            ("&lt;<b>", r"\&lt;\<b\>"),
        ] {
            assert_eq!(line(text), expected, "{text}");
        }
    }

    #[test]
    fn code_is_longer_than_its_backticks() {
        for (text, expected) in [
            ("a", "`a`"),
            ("a`b", "``a`b``"),
            ("`a``", "``` `a`` ```"),
            (" a ", "`  a  `"),
            ("a\n\n# b", "`a  # b`"),
            ("", "`  `"),
        ] {
            assert_eq!(code(text), expected, "{text}");
        }
        assert_eq!(block("", "```\na"), "````\n```\na\n````\n");
        assert_eq!(prose("`a``b`, ``, `c", ""), r"`a` `b`, , \`c");
    }

    #[test]
    fn further_lines_belong_to_the_same_item() {
        assert_eq!(prose("a\nb\r- c\r\n\r\nd", "  "), "a\n  b\n  \\- c\n\n  d");
    }
}
