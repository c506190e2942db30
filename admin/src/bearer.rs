//! Reads the secret of a request.

use http::{HeaderMap, header};

/// Returns the secret, or `None` if the request does not have exactly one `Authorization: Bearer`.
pub(crate) fn secret(headers: &HeaderMap) -> Option<&[u8]> {
    let mut all = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (all.next(), all.next()) else {
        return None;
    };
    let (scheme, secret) = value.as_bytes().split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"bearer ").then_some(secret)
}
