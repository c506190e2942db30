//! Estimates how much memory a JSON text takes as values, without unpacking it.
//!
//! Four bytes of text can become several hundred bytes of values: each object that has a
//! member is a tree node with space for eleven. So a limit on a body's bytes alone does not
//! limit memory (CWE-400, CWE-789). This scan counts what a parser would allocate, in one pass
//! and without an allocation, so that a text can be refused before it is unpacked.

/// Bytes of one node of the tree that stores an object.
const NODE: usize = 640;
/// How many members one node holds on average: nodes split in half when they are full.
const MEMBERS_PER_NODE: usize = 6;
/// Bytes of a member name or of a string without its characters: its slot and its allocation.
const TEXT: usize = 48;
/// Bytes of a value: 32, or more than twice as many if a crate of the program makes serde_json keep
/// the order of members (`preserve_order`). That also changes objects, which then take less than
/// their nodes here.
const VALUE: usize = size_of::<serde_json::Value>();
/// Bytes of a value's slot in a list, which grows by doubling.
const ITEM: usize = 2 * VALUE;
/// Bytes of a list without its items: the first one makes space for four.
const LIST: usize = 32 + 4 * VALUE;

/// The size of a JSON text. For a text that is not JSON the numbers are only an upper limit of
/// what the parser that refuses it allocates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct DecodedSize {
    /// Objects, lists, strings, numbers, booleans and nulls, at every depth. Names of members
    /// are not values.
    pub(super) values: usize,
    /// An upper estimate of the bytes that they take once they are unpacked.
    pub(super) unpacked: usize,
}

impl DecodedSize {
    /// Scans a text.
    pub(super) fn of(text: &[u8]) -> Self {
        let (mut objects, mut lists, mut members, mut texts, mut scalars) = (0, 0, 0, 0, 0);
        let mut rest = text.iter();
        let mut is_in_scalar = false;
        while let Some(&byte) = rest.next() {
            let was_in_scalar = std::mem::take(&mut is_in_scalar);
            match byte {
                b'{' => objects += 1,
                b'[' => lists += 1,
                b':' => members += 1,
                b'"' => {
                    texts += 1;
                    skip_string(&mut rest);
                }
                b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r' => {}
                _ => {
                    scalars += usize::from(!was_in_scalar);
                    is_in_scalar = true;
                }
            }
        }
        // Each member has one string as its name.
        let values = objects + lists + scalars + texts - members.min(texts);
        // An object without a member has no node, so there are at most as many as members.
        let nodes = objects.min(members) + members / MEMBERS_PER_NODE;
        Self {
            values,
            unpacked: text.len() + nodes * NODE + texts * TEXT + values * ITEM + lists * LIST,
        }
    }
}

/// Advances behind the quotation mark that ends a string.
fn skip_string(rest: &mut std::slice::Iter<'_, u8>) {
    loop {
        let bytes = rest.as_slice();
        let Some(end) = memchr::memchr2(b'"', b'\\', bytes) else {
            *rest = [].iter();
            return;
        };
        // The character after a backslash does not end the string.
        let skipped = if bytes[end] == b'"' { end + 1 } else { end + 2 };
        let is_end = bytes[end] == b'"';
        *rest = bytes.get(skipped..).unwrap_or_default().iter();
        if is_end {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn count(value: &Value) -> usize {
        1 + match value {
            Value::Array(items) => items.iter().map(count).sum::<usize>(),
            Value::Object(members) => members.values().map(count).sum(),
            _ => 0,
        }
    }

    #[test]
    fn values_are_counted_as_a_reader_of_json_finds_them() {
        for value in [
            json!({}),
            json!([]),
            json!(""),
            json!(-1.5e10),
            json!([1, 2, true, null, "a,b:{[\"\\"]),
            json!({"a": {"b:": [{"c": "\\"}, {}, []]}, "": {"": 0}}),
            json!([["\"", "\\\"", "\\\\"], [[[[]]]]]),
        ] {
            for text in [value.to_string(), format!("{value:#}")] {
                assert_eq!(
                    DecodedSize::of(text.as_bytes()).values,
                    count(&value),
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn a_text_that_is_not_json_is_scanned_to_its_end() {
        for text in ["\"", "\"\\", "{{{{", "::::", "\"a\" \"b\" :::", "\u{feff}"] {
            let size = DecodedSize::of(text.as_bytes());
            assert!(size.values <= text.len(), "{text} {size:?}");
        }
    }

    #[test]
    fn the_estimate_for_small_objects_exceeds_what_a_parser_allocates() {
        for item in [
            "{\"\":0}",
            "{}",
            "[]",
            "[0]",
            "\"\"",
            "0",
            "{\"a\":1,\"b\":2}",
            "{\"a\":[0]}",
        ] {
            let text = format!("[{}]", vec![item; 2000].join(","));
            let estimate = DecodedSize::of(text.as_bytes()).unpacked;
            let allocated = allocation_counter::measure(|| {
                let value: Value = serde_json::from_str(&text).unwrap();
                drop(value);
            });
            let allocated = usize::try_from(allocated.bytes_max).unwrap();
            assert!(allocated <= estimate, "{item}: {allocated} > {estimate}");
            assert!(
                estimate <= 8 * allocated.max(text.len()),
                "{item}: {allocated}, {estimate}"
            );
        }
    }
}
