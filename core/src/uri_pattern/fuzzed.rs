//! Checks templates and URIs from a fuzzer.

use super::*;

const PATTERNS: [&str; 12] = [
    "notes://all",
    "notes://{id}",
    "notes://{id}/",
    "notes://{user}/notes/{id}",
    "file:///{+path}",
    "file:///{+path}.txt",
    "a://{x}-{y}",
    "a://{x}/b/{+y}",
    "a://{+x}/b/{y}.json",
    "a://x{x}x{y}x",
    "a://{x}.{y}",
    "a://{x}?q={y}",
];

/// Matches the URI of these bytes with the pattern that the first byte selects.
pub(crate) fn check(bytes: &[u8]) {
    let Some((&first, rest)) = bytes.split_first() else {
        return;
    };
    let text = PATTERNS[usize::from(first) % PATTERNS.len()];
    let pattern = UriPattern::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    match first {
        0..128 => expanded(&pattern, rest),
        _ => whatever(&pattern, &String::from_utf8_lossy(rest)),
    }
}

/// Checks that a URI built from a pattern and values matches it with these values.
fn expanded(pattern: &UriPattern, bytes: &[u8]) {
    let mut bytes = bytes.iter();
    let (mut uri, mut values) = (String::new(), Vec::new());
    for part in &pattern.parts {
        match part {
            Part::Literal(literal) => uri.push_str(literal),
            Part::Variable { name, .. } => {
                let length = bytes.next().map_or(1, |byte| 1 + byte % 6);
                let mut value = String::new();
                for byte in bytes.by_ref().take(length.into()) {
                    // No literal contains a digit.
                    let letter = char::from(b'0' + byte % 10);
                    value.push(letter);
                    match byte {
                        128.. => uri.push_str(&format!("%{:02X}", u32::from(letter))),
                        _ => uri.push(letter),
                    }
                }
                if value.is_empty() {
                    value.push('7');
                    uri.push('7');
                }
                values.push((*name, value));
            }
        }
    }
    assert_eq!(
        pattern.matches(&uri),
        Some(values),
        "{} {uri}",
        pattern.text
    );
    let prefixed = format!("x{uri}");
    assert_eq!(
        pattern.matches(&prefixed),
        None,
        "{} {prefixed}",
        pattern.text
    );
}

/// Checks every match: a value of one segment is one segment, and the literals are present.
fn whatever(pattern: &UriPattern, rest: &str) {
    let Some(Part::Literal(start)) = pattern.parts.first() else {
        panic!("a pattern without a scheme");
    };
    for uri in [rest.to_owned(), format!("{start}{rest}")] {
        let Some(values) = pattern.matches(&uri) else {
            continue;
        };
        assert!(uri.starts_with(start) && uri.len() <= LONGEST, "{uri}");
        let variables: Vec<_> = pattern
            .parts
            .iter()
            .filter_map(|part| match part {
                Part::Variable { name, takes_all } => Some((*name, *takes_all)),
                Part::Literal(_) => None,
            })
            .collect();
        assert_eq!(values.len(), variables.len());
        for ((name, value), (known, takes_all)) in values.iter().zip(variables) {
            assert_eq!(*name, known);
            let is_one = !value.contains(['/', '\\', '?', '#']) && value != ".." && value != ".";
            assert!(!value.is_empty() && !value.contains('\0'), "{uri}");
            assert!(takes_all || is_one, "{} {uri} {value}", pattern.text);
        }
        if !pattern.is_template() {
            assert_eq!(uri, pattern.text);
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn uris_that_a_fuzzer_made_match_what_they_were_made_of() {
        assert!(crate::__fuzzing::replay("uri_pattern", super::check) > 20);
    }
}
