//! JSON from outside, read within a bound of memory.
//!
//! A value takes far more memory than its text: an object of seven bytes (`{"":0}` and a
//! comma) takes some 700. So a document is measured before it is read.

use serde::de::DeserializeOwned;

/// What one document may take, in units of about 64 bytes: 8 MiB. A list of 1,000 tools
/// whose schemas have 10 objects each fits; no metadata or key set comes near.
const MOST: usize = 128 << 10;

/// An object: one node of its tree, whatever is in it.
const OBJECT: usize = 10;

/// A member or an element.
const ENTRY: usize = 2;

/// Reads a document; none if it is not JSON of this type, or takes too much memory.
pub(crate) fn read<T: DeserializeOwned>(text: &[u8]) -> Option<T> {
    is_light(text).then(|| serde_json::from_slice(text).ok())?
}

/// Whether the values of a text take no more than [`MOST`], whether it is JSON or not: values
/// begin at its start, after brackets, and after commas that stand in no string.
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
        // The rest, which may be long, does not matter any more.
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
    fn what_stands_in_a_string_has_no_weight() {
        let text = format!(r#"["\"{}",1]"#, "{[,".repeat(100_000));
        assert!(read::<Value>(text.as_bytes()).is_some());
        assert_eq!(read::<Value>(b"{"), None);
    }
}
