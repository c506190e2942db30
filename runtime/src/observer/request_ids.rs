//! [`RequestIds`]: the ids of a request, which an observer reads if it needs them.

use http::{HeaderMap, HeaderName};

use super::{REQUEST_ID, trace_context};

const REQUEST_HEADER: HeaderName = HeaderName::from_static(REQUEST_ID);
const SESSION_HEADER: HeaderName = HeaderName::from_static("mcp-session-id");

/// The ids of a request, its trace and its session. They are read from the headers only when an
/// observer asks for them, because metrics need none of them.
#[derive(Debug, Clone, Copy, Default)]
pub struct RequestIds<'a>(Option<&'a HeaderMap>);

impl<'a> RequestIds<'a> {
    /// Returns the ids in the headers of a request.
    pub(crate) fn of(headers: Option<&'a HeaderMap>) -> Self {
        Self(headers)
    }

    /// Returns the id of the request: visible ASCII, at most 128 bytes.
    #[must_use]
    pub fn request(&self) -> &'a str {
        self.header(&REQUEST_HEADER).unwrap_or_default()
    }

    /// Returns the id of the trace that the request belongs to, in 32 hexadecimal digits.
    #[must_use]
    pub fn trace(&self) -> Option<&'a str> {
        trace_context::trace_id(self.0?)
    }

    /// Returns the id of the MCP session that the request names.
    #[must_use]
    pub fn session(&self) -> Option<&'a str> {
        self.header(&SESSION_HEADER)
    }

    fn header(&self, name: &HeaderName) -> Option<&'a str> {
        self.0?.get(name)?.to_str().ok()
    }
}
