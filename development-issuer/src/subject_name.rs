//! The name of a person or of a client that stands for itself.

/// The maximum length of a subject, in characters.
const LIMIT: usize = 64;

/// Validates a subject that a person typed, and trims it.
pub(crate) fn parse(text: &str) -> Option<String> {
    let text = text.trim();
    let length = text.chars().count();
    let printable = !text.chars().any(char::is_control);
    ((1..=LIMIT).contains(&length) && printable).then(|| text.to_owned())
}
