//! The trace of a request (W3C Trace Context, level 2). Records have its id; no decision depends on
//! it.

use http::{HeaderMap, HeaderName, HeaderValue};

/// The header, and the member of `_meta` in a message.
pub(crate) const TRACEPARENT: &str = "traceparent";

const HEADER: HeaderName = HeaderName::from_static(TRACEPARENT);

/// Returns the trace id of a request, in 32 hexadecimal digits.
pub(crate) fn trace_id(headers: &HeaderMap) -> Option<&str> {
    let mut sent = headers.get_all(HEADER).iter();
    match (sent.next(), sent.next()) {
        // §3.3.2.1: several headers are invalid.
        (Some(sent), None) => parse(sent.to_str().ok()?),
        _ => None,
    }
}

/// Returns the `traceparent` of a request, if it is valid.
pub(crate) fn traceparent(headers: &HeaderMap) -> Option<&str> {
    trace_id(headers)?;
    headers.get(HEADER)?.to_str().ok()
}

/// Takes the trace from the `_meta` of a message, if the headers have no valid one.
pub(crate) fn take_from_message(headers: &mut HeaderMap, in_meta: Option<&str>) {
    if let Some(in_meta) = in_meta
        && trace_id(headers).is_none()
        && parse(in_meta).is_some()
        && let Ok(value) = HeaderValue::from_str(in_meta)
    {
        headers.insert(HEADER, value);
    }
}

/// Returns the trace id of a valid `traceparent` (§3.2.2).
fn parse(text: &str) -> Option<&str> {
    let mut fields = text.splitn(5, '-');
    let mut field = |length| {
        let field = fields.next()?;
        let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        (field.len() == length && field.bytes().all(is_hex)).then_some(field)
    };
    let (version, trace) = (field(2)?, field(32)?);
    let (parent, _flags) = (field(16)?, field(2)?);
    let is_zero = |field: &str| field.bytes().all(|byte| byte == b'0');
    // A later version may have further fields (§4.3.2); `ff` is no version.
    let has_more = fields.next().is_some();
    let is_valid = version != "ff"
        && !(version == "00" && has_more)
        && text.len() <= 512
        && !is_zero(trace)
        && !is_zero(parent);
    is_valid.then_some(trace)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const VALID: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_trace_id_is_read_strictly() {
        assert_eq!(parse(VALID), Some(TRACE));
        let later = VALID.replacen("00", "cc", 1);
        assert_eq!(parse(&later), Some(TRACE));
        assert_eq!(parse(&format!("{later}-what-will-be")), Some(TRACE));
        for text in [
            "",
            "-",
            TRACE,
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g",
            " 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
        assert_eq!(parse(&format!("{later}-{}", "x".repeat(512))), None);
    }

    #[test]
    fn the_header_takes_precedence_over_the_message_and_two_headers_are_invalid() {
        let other = VALID.replace("4bf9", "5bf9");
        let mut headers = HeaderMap::new();
        take_from_message(&mut headers, Some("00-nonsense"));
        assert!(headers.is_empty());
        take_from_message(&mut headers, Some(VALID));
        assert_eq!(trace_id(&headers), Some(TRACE));
        take_from_message(&mut headers, Some(&other));
        assert_eq!(trace_id(&headers), Some(TRACE));
        headers.append(HEADER, HeaderValue::from_str(&other).unwrap());
        assert_eq!(trace_id(&headers), None);
    }
}
