//! Parses the URI of a resource, or a template of URIs, and its variables.
//!
//! The runtime parses it again by the same grammar when the server starts, and only its
//! result is used for requests. Parsing it here allows comparing parameters with variables,
//! and reporting an error where it is.

use syn::LitStr;

use crate::errors::Errors;

/// The parsed value of `uri = "…"`.
pub(crate) struct Uri {
    pub(crate) literal: LitStr,
    /// The names of the variables, in their order.
    pub(crate) variables: Vec<String>,
}

impl Uri {
    /// Parses the literal and reports its error.
    pub(crate) fn parse(literal: LitStr, errors: &Errors) -> Option<Self> {
        let text = literal.value();
        match variables(&text) {
            Ok(variables) => {
                let variables = variables.into_iter().map(str::to_owned).collect();
                Some(Self { literal, variables })
            }
            Err((byte, what)) => {
                let pointer = " ".repeat(text[..byte].chars().count()) + "^";
                let picture: String = text
                    .chars()
                    .map(|c| if c.is_control() { '\u{fffd}' } else { c })
                    .collect();
                errors.add_on(
                    &literal,
                    format_args!(
                        "this is not a valid resource URI: {what}\n    {picture}\n    {pointer}"
                    ),
                );
                None
            }
        }
    }
}

/// Returns the names of a template's variables, or the byte of the first error and its
/// message.
fn variables(text: &str) -> Result<Vec<&str>, (usize, &'static str)> {
    let scheme = text.find(':').map(|end| &text[..end]);
    if !scheme.is_some_and(|scheme| is_scheme(scheme) && scheme.len() + 1 < text.len()) {
        return Err((0, "it must begin with a scheme, as in `notes://all`"));
    }
    // RFC 3986 §2; the braces are RFC 6570's.
    let is_wrong =
        |c: char| !c.is_ascii_graphic() || matches!(c, '"' | '<' | '>' | '\\' | '^' | '`' | '|');
    if let Some(byte) = text.find(is_wrong) {
        return Err((
            byte,
            "RFC 3986 does not allow this character; percent-encode it, as in `%20`",
        ));
    }
    let mut found: Vec<&str> = Vec::new();
    let mut at = 0;
    while let Some(brace) = text[at..].find(['{', '}']).map(|offset| at + offset) {
        if text[brace..].starts_with('}') {
            return Err((brace, "this `}` has no `{` before it"));
        }
        if brace == at && !found.is_empty() {
            return Err((
                brace,
                "two variables need text between them, to mark where the first ends",
            ));
        }
        let Some(end) = text[brace..].find('}').map(|offset| brace + offset) else {
            return Err((brace, "this `{` has no `}` after it"));
        };
        let inside = &text[brace + 1..end];
        let name = inside.strip_prefix('+').unwrap_or(inside);
        if name.is_empty()
            || !name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        {
            return Err((
                brace,
                "write `{name}` for one segment, or `{+name}` for text that may contain `/` (RFC 6570 levels 1 and 2)",
            ));
        }
        if found.contains(&name) {
            return Err((brace, "two variables have the same name; rename one"));
        }
        found.push(name);
        at = end + 1;
    }
    match text.find('%') {
        Some(byte) if !found.is_empty() => Err((
            byte,
            "a template cannot contain a `%` escape, which has several spellings",
        )),
        _ => Ok(found),
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_known_by_name() {
        for (text, expected) in [
            ("notes://all", &[][..]),
            ("notes://all%20notes", &[]),
            ("notes://{id}", &["id"]),
            ("db://{table}/{+rest}", &["table", "rest"]),
            ("urn:a:{x}", &["x"]),
        ] {
            assert_eq!(variables(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn an_error_is_reported_at_its_place() {
        for (text, byte) in [
            ("notes", 0),
            ("://a", 0),
            ("a:", 0),
            ("1a://b", 0),
            ("a://b c", 5),
            ("a://ä", 4),
            ("a://{x", 4),
            ("a://x}", 5),
            ("a://{}", 4),
            ("a://{x}{y}", 7),
            ("a://{x}/{x}", 8),
            ("a://{x*}", 4),
            ("a://{?q}", 4),
            ("a://{x,y}", 4),
            ("a://b%20c/{x}", 5),
        ] {
            assert_eq!(variables(text).unwrap_err().0, byte, "{text}");
        }
    }
}
