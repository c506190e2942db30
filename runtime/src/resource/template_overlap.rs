//! Finds templates whose URIs all belong to a template before them.

/// One part of a template, without the names of variables.
#[derive(Debug, PartialEq, Eq)]
enum Part<'t> {
    Text(&'t str),
    Segment,
    Rest,
}

fn parts(template: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    for piece in template.split_inclusive('}') {
        let (text, variable) = piece.split_once('{').unwrap_or((piece, ""));
        if !text.is_empty() {
            parts.push(Part::Text(text));
        }
        match variable.chars().next() {
            Some('+') => parts.push(Part::Rest),
            Some(_) => parts.push(Part::Segment),
            None => {}
        }
    }
    parts
}

/// Returns whether every URI of the second template also belongs to the first, as far as their
/// parts show it.
pub(super) fn covers(one: &str, other: &str) -> bool {
    let takes = |(one, other): (&Part<'_>, &Part<'_>)| {
        one == other || matches!((one, other), (Part::Rest, Part::Segment))
    };
    match (parts(one).as_slice(), parts(other).as_slice()) {
        ([Part::Text(text), Part::Rest], [_, ..]) => other.starts_with(text),
        (one, other) => one.len() == other.len() && one.iter().zip(other).all(takes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_covers_what_is_always_one_of_its_own() {
        assert!(covers("a://{x}", "a://{y}"));
        assert!(covers("a://{+x}", "a://{y}"));
        assert!(covers("a://{+x}", "a://b/{y}/c"));
        assert!(covers("a://{+x}/c", "a://{y}/c"));
        assert!(!covers("a://{x}", "a://{+y}"));
        assert!(!covers("a://b/{x}", "a://{+y}"));
        assert!(!covers("a://{x}/b", "a://{x}/c"));
        assert!(!covers("a://{x}", "a://{x}/c"));
    }
}
