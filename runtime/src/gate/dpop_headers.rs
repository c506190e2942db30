//! The headers of DPoP that the gate reads and writes, apart from the proof itself.

use http::{HeaderMap, HeaderValue, header};

use crate::verify::{Authenticator, NONCE, Proofs};

/// Returns whether a request uses the scheme `DPoP`, even if it is malformed.
pub(super) fn uses_dpop(authenticator: &Authenticator, headers: &HeaderMap) -> bool {
    let is_scheme = |value: &HeaderValue| {
        let scheme = value.as_bytes().split(|&byte| byte == b' ').next();
        scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"dpop"))
    };
    authenticator.proofs().is_some() && headers.get_all(header::AUTHORIZATION).iter().any(is_scheme)
}

/// Adds the nonce for the client's next proof to an answer (RFC 9449 §8.2), so that the client
/// need not be refused to get it.
pub(super) fn add_nonce(authenticator: &Authenticator, headers: &mut HeaderMap) {
    let nonce = authenticator.proofs().and_then(Proofs::nonce);
    if let Some(nonce) = nonce.and_then(|nonce| HeaderValue::try_from(nonce).ok()) {
        headers.insert(NONCE, nonce);
    }
}
