//! A parser of the `.env` file.
//!
//! Guides are written for parsers that take an unquoted value verbatim, so that
//! `METADATA_JSON_RESPONSE={"resource": …}` and a secret with a `$` work. `dotenvy` removes the
//! quotes of this JSON, substitutes variables in such a secret, and repeats the whole line in its
//! errors, secrets included.

use std::collections::BTreeMap;

#[cfg(test)]
mod tests;

/// The contents of a `.env` file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Contents {
    pub(super) values: BTreeMap<String, String>,
    /// Names that are set more than once. The last value is used, as in other parsers.
    pub(super) repeated: Vec<String>,
}

/// A line that cannot be parsed. It never contains the text of the line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BrokenLine {
    /// Starts at 1.
    pub(super) line: usize,
    pub(super) what: &'static str,
}

/// Parses the text of a `.env` file, or returns every broken line.
///
/// The forms are `NAME=value`, `export NAME=value`, `'verbatim'` and
/// `"with \n, \r, \t, \", \\ and \$"`. Quoted values may span lines. `#` starts a comment at
/// the beginning of a line and after white space. Nothing is substituted.
pub(super) fn parse(text: &str) -> Result<Contents, Vec<BrokenLine>> {
    let mut contents = Contents::default();
    let mut broken = Vec::new();
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut line = 0;
    while !rest.is_empty() {
        line += 1;
        let (this, after) = rest.split_once('\n').unwrap_or((rest, ""));
        let begun = rest;
        rest = after;
        let statement = this.trim_start();
        if statement.is_empty() || statement.starts_with('#') {
            continue;
        }
        let statement = statement.strip_prefix("export ").unwrap_or(statement);
        let Some((name, value)) = statement.split_once('=') else {
            broken.push(BrokenLine {
                line,
                what: "there is no '='",
            });
            continue;
        };
        let (name, value) = (name.trim(), value.trim_start());
        if !is_name(name) {
            let what = "the text before '=' is not the name of a variable";
            broken.push(BrokenLine { line, what });
            continue;
        }
        let value = match value.chars().next() {
            Some(quote @ ('\'' | '"')) => {
                let inside = &begun[this.len() - value.len() + 1..];
                match quoted(quote, inside) {
                    Ok((value, end)) => {
                        line += inside[..end].matches('\n').count();
                        rest = inside[end..].split_once('\n').map_or("", |(_, next)| next);
                        value
                    }
                    Err(what) => {
                        broken.push(BrokenLine { line, what });
                        continue;
                    }
                }
            }
            _ => unquoted(value).to_owned(),
        };
        if contents.values.insert(name.to_owned(), value).is_some() {
            contents.repeated.push(name.to_owned());
        }
    }
    if broken.is_empty() {
        Ok(contents)
    } else {
        Err(broken)
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|first: char| first.is_ascii_digit())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.')
}

/// Strips the comment from a value.
fn unquoted(value: &str) -> &str {
    let comment = value
        .char_indices()
        .find(|&(at, char)| char == '#' && (at == 0 || value[..at].ends_with(char::is_whitespace)))
        .map_or(value.len(), |(at, _)| at);
    value[..comment].trim_end()
}

/// Returns the value up to the closing quote, and the offset of the byte after that quote.
fn quoted(quote: char, inside: &str) -> Result<(String, usize), &'static str> {
    let mut value = String::new();
    let mut chars = inside.char_indices();
    while let Some((at, char)) = chars.next() {
        match char {
            _ if char == quote => {
                let end = at + quote.len_utf8();
                let behind = inside[end..]
                    .lines()
                    .next()
                    .unwrap_or_default()
                    .trim_start();
                if !behind.is_empty() && !behind.starts_with('#') {
                    return Err("there is text after the closing quote");
                }
                return Ok((value, end));
            }
            '\\' if quote == '"' => match chars.next().map(|(_, escaped)| escaped) {
                Some('n') => value.push('\n'),
                Some('r') => value.push('\r'),
                Some('t') => value.push('\t'),
                Some(escaped @ ('"' | '\\' | '$')) => value.push(escaped),
                Some(other) => value.extend(['\\', other]),
                None => break,
            },
            _ => value.push(char),
        }
    }
    Err("the quote is not closed")
}
