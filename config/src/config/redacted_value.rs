//! A value of a setting in a message, without parts that could be secret.

/// Formats a value for a message: quoted, shortened, and without parts that could be secret.
pub(super) fn quoted_without_secrets(text: &str) -> String {
    format!("{:?}", without_secrets(text))
}

/// Shortens a value, and removes parts that could be secret.
pub(super) fn without_secrets(text: &str) -> String {
    let end = text.find(['?', '#']).unwrap_or(text.len());
    let start = text[..end].rfind('@').map_or(0, |at| at + 1);
    let mut part: String = text[start..end].chars().take(120).collect();
    if end < text.len() || part.len() < end - start {
        part.push('…');
    }
    if start > 0 {
        part.insert_str(0, "…@");
    }
    part
}

#[cfg(test)]
mod tests;
