//! The session id of a request.

use http::{Method, request::Parts};

use super::super::{fast_head, refusal::Refusal, session::SESSION_ID};

/// The longest session id that is looked up; rmcp's have 36 characters.
const LONGEST_SESSION_ID: usize = 128;

/// Reads the session id of a request.
///
/// A message of 2026-07-28 has no session. A client that still sends the id of an older session
/// is answered, and the header is removed, so that nothing behind the gate sees it.
pub(super) fn read_session_id(parts: &mut Parts) -> Result<Option<String>, Refusal> {
    let headers = &mut parts.headers;
    if parts.method == Method::POST && fast_head::is_current(headers) {
        headers.remove(SESSION_ID);
        return Ok(None);
    }
    let mut ids = headers.get_all(SESSION_ID).iter();
    let id = match (ids.next(), ids.next()) {
        (None, _) => return Ok(None),
        (Some(id), None) => id,
        (Some(_), Some(_)) => return Err(Refusal::Header("the Mcp-Session-Id header is repeated")),
    };
    match id.to_str() {
        Ok(id) if id.len() <= LONGEST_SESSION_ID => Ok(Some(id.to_owned())),
        _ => Err(Refusal::NoSession),
    }
}
