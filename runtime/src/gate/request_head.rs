//! The head of a request: its session, and whether the fast reader may read its message.
//!
//! The fast reader reads only a request whose headers are all valid in their most common form. rmcp
//! answers every other request, so there is no second set of rules for what is wrong with headers.

use http::{HeaderMap, HeaderName, HeaderValue, Method, header, request::Parts};

use super::{
    fast_message::{CURRENT, FastMessage, FastRequest, Revision},
    refusal::Refusal,
    session::SESSION_ID,
};

const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
const METHOD: HeaderName = HeaderName::from_static("mcp-method");
const NAME: HeaderName = HeaderName::from_static("mcp-name");

/// The revisions that have sessions. A request that names no revision belongs to the oldest.
const REVISIONS: &[&str] = &["2025-03-26", "2025-06-18", "2025-11-25"];

/// The longest session id that is looked up; rmcp's have 36 characters.
const LONGEST_SESSION_ID: usize = 128;

/// The headers of a request that the fast reader may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FastHead {
    /// A request of 2026-07-28.
    Current,
    /// A request of a revision that has sessions.
    Older,
}

impl FastHead {
    /// Checks the headers. Returns `None` if rmcp has to read the request.
    pub(super) fn check(headers: &HeaderMap) -> Option<Self> {
        let content_type = single(headers, &header::CONTENT_TYPE)?;
        let head = match content_type == "application/json" {
            true if is_current(headers) => Self::Current,
            true if has_session_revision(headers) => Self::Older,
            _ => return None,
        };
        // Without this header no message of 2026-07-28 matches, so its body need not be read.
        (head == Self::Older || headers.contains_key(&METHOD)).then_some(head)
    }

    /// Returns whether the headers say the same as the message.
    pub(super) fn matches(self, headers: &HeaderMap, message: &FastMessage) -> bool {
        match (self, &message.revision) {
            (Self::Current, Revision::Current) => repeats_message(headers, message),
            // Older revisions have no headers that repeat the method or the name.
            (Self::Older, Revision::Older { .. }) => true,
            _ => false,
        }
    }
}

/// Returns whether the headers repeat the method and the name, as 2026-07-28 requires.
fn repeats_message(headers: &HeaderMap, message: &FastMessage) -> bool {
    single(headers, &METHOD).is_some_and(|method| method == message.method())
        && match &message.request {
            // A name that looks like an encoded one, or that a header can only hold encoded,
            // is left to rmcp's decoder.
            FastRequest::Call { name, .. } => {
                !name.starts_with("=?")
                    && name.is_ascii()
                    && single(headers, &NAME).is_some_and(|value| value == name)
            }
            FastRequest::List => !headers.contains_key(&NAME),
        }
}

/// Reads the session id of a request.
///
/// A message of 2026-07-28 has no session. A client that still sends the id of an older session
/// is answered, and the header is removed, so that nothing behind the gate sees it.
pub(super) fn read_session_id(parts: &mut Parts) -> Result<Option<String>, Refusal> {
    let headers = &mut parts.headers;
    if parts.method == Method::POST && is_current(headers) {
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

/// Returns whether the headers name 2026-07-28.
fn is_current(headers: &HeaderMap) -> bool {
    single(headers, &PROTOCOL_VERSION).is_some_and(|version| version == CURRENT)
}

/// Returns whether the headers name a revision that has sessions, or no revision.
pub(super) fn has_session_revision(headers: &HeaderMap) -> bool {
    match single(headers, &PROTOCOL_VERSION) {
        Some(version) => REVISIONS.iter().any(|known| version == known),
        None => !headers.contains_key(PROTOCOL_VERSION),
    }
}

/// Returns the value of a header that is not repeated.
fn single<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h HeaderValue> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())
}
