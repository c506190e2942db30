//! Parses untrusted JSON within a memory bound.
//!
//! A value takes far more memory than its text: an object of seven bytes (`{"":0}` and a comma)
//! takes about 700. So a document is measured before it is parsed.

use serde::de::DeserializeOwned;

/// The bound for one document, in units of about 64 bytes: 8 MiB. A list of 1,000 tools whose
/// schemas have 10 objects each fits; metadata and key sets are far smaller.
const MOST: usize = 128 << 10;

/// The weight of an object: one tree node, whatever it contains.
const OBJECT: usize = 10;

/// The weight of a member or an element.
const ENTRY: usize = 2;

/// Parses a document. Returns `None` if it is not JSON of this type, or takes too much memory.
pub(crate) fn read<T: DeserializeOwned>(text: &[u8]) -> Option<T> {
    is_light(text).then(|| serde_json::from_slice(text).ok())?
}

/// Whether the values in a text weigh at most [`MOST`]. The text need not be valid JSON: a
/// value starts at the beginning, after a bracket, and after a comma outside strings.
fn is_light(text: &[u8]) -> bool {
    let (mut weight, mut is_string, mut is_escaped) = (ENTRY, false, false);
    for byte in text {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_string => is_escaped = true,
            b'"' => is_string = !is_string,
            _ if is_string => {}
            b'{' => weight += OBJECT,
            b'[' | b',' => weight += ENTRY,
            _ => {}
        }
        // Stop here: the rest may be long.
        if weight > MOST {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn a_document_that_takes_too_much_is_none() {
        let list =
            |element: &str, count: usize| format!("[{}0]", format!("{element},").repeat(count));
        assert!(read::<Value>(list("0", 65_000).as_bytes()).is_some());
        assert!(read::<Value>(list("0", 66_000).as_bytes()).is_none());
        assert!(read::<Value>(list(r#"{"":0}"#, 10_000).as_bytes()).is_some());
        assert!(read::<Value>(list(r#"{"":0}"#, 11_000).as_bytes()).is_none());
    }

    #[test]
    fn characters_inside_a_string_do_not_count() {
        let text = format!(r#"["\"{}",1]"#, "{[,".repeat(100_000));
        assert!(read::<Value>(text.as_bytes()).is_some());
        assert_eq!(read::<Value>(b"{"), None);
    }
}
