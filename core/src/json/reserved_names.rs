//! Member names that serde_json reserves for itself.
//!
//! Its features `raw_value` and `arbitrary_precision`, which any crate of a build can
//! enable, represent values as an object with such a name. If a sender writes one,
//! serde_json parses the string behind it as JSON again. Then the server reads another
//! message than the one sent, and the depth limit starts again in each string, which can
//! overflow the stack.

use memchr::memchr2;

/// The prefix of all these names.
const PRIVATE: &str = "$serde_json::private::";

/// The name under which serde_json passes a number as its text.
pub(super) const NUMBER: &str = "$serde_json::private::Number";

/// Returns whether an object, at any depth, has a member with such a name, however it is
/// escaped.
///
/// For bytes that are not JSON, the result has no meaning: the parser refuses them. Never
/// blocks or fails.
pub fn has_private_name(bytes: &[u8]) -> bool {
    // Such a name begins with a dollar sign, literal or escaped. Most bodies have neither
    // and skip the scan.
    if memchr2(b'$', b'\\', bytes).is_none() {
        return false;
    }
    let mut rest = bytes;
    while let Some(start) = rest.iter().position(|&byte| byte == b'"') {
        let text = &rest[start..];
        let Some(end) = end_of_text(text) else {
            return false;
        };
        let (text, after) = text.split_at(end);
        // A string is a name if a colon follows it (RFC 8259 §4).
        if after.trim_ascii_start().starts_with(b":") && is_private(text) {
            return true;
        }
        rest = after;
    }
    false
}

/// Returns the end of a string that begins with a quotation mark, after its closing one.
fn end_of_text(text: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        at += text
            .get(at..)?
            .iter()
            .position(|byte| matches!(byte, b'"' | b'\\'))?;
        match text[at] {
            b'"' => return Some(at + 1),
            // A character after a backslash does not end the string.
            _ => at += 2,
        }
    }
}

/// Returns whether a quoted string is such a name.
fn is_private(text: &[u8]) -> bool {
    // Its first character is literal or escaped.
    matches!(text.get(1), Some(b'$' | b'\\'))
        && serde_json::from_slice::<String>(text).is_ok_and(|name| name.starts_with(PRIVATE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_name_is_found_at_any_depth_and_however_it_is_escaped() {
        for text in [
            r#"{"$serde_json::private::RawValue":"1"}"#,
            r#"{"$serde_json::private::Number" : "1"}"#,
            "{\"$serde_json::private::RawValue\"\r\n\t :\"1\"}",
            r#"{"a\\":1,"$serde_json::private::RawValue":"1"}"#,
            r#"[0,{"a":{"\"":[{"$serde_json::private::RawValue":"1"}]}}]"#,
            r#"{"\u0024serde_json::private::RawValue":"1"}"#,
            r#"{"$serde_json\u003a:private::RawValue":1}"#,
        ] {
            assert!(has_private_name(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn every_other_text_has_none() {
        for text in [
            "{}",
            r#"{"a":"$serde_json::private::RawValue"}"#,
            r#"{"a":"\"$serde_json::private::RawValue\":"}"#,
            r#"["$serde_json::private::RawValue",{"a":1}]"#,
            r#"{"$serde_json":1,"$":[true,null,-1,1.5e300,"\u00e4"]}"#,
            r#"{"$id"#,
            r#"{"a\"#,
            "\"",
            "",
        ] {
            assert!(!has_private_name(text.as_bytes()), "{text}");
        }
    }
}
