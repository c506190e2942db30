//! The limits of one request, in bytes, values and time.

use std::time::Duration;

/// The largest body of a request, in bytes.
const BODY: usize = 4 * 1024 * 1024;

/// How much of a body is kept without a valid token, in bytes: enough for the id, the method
/// and the name.
const UNAUTHENTICATED_BODY: usize = 64 * 1024;

/// The maximum number of JSON values of a message.
const JSON_VALUES: usize = 250_000;

/// The maximum time for sending a body.
pub const BODY_TIME: Duration = Duration::from_secs(60);

/// The maximum time for the decision of an `authorize` function.
const AUTHORIZE_TIMEOUT: Duration = Duration::from_secs(5);

/// The memory that all incomplete bodies without a valid token share, in multiples of what one
/// of them may keep: 16 MiB by default.
const PENDING_BODIES: usize = 256;

/// A message may unpack to this many bytes for each byte of its text.
const UNPACKED_PER_BYTE: usize = 24;

/// A message may unpack to this many bytes for each allowed value, even if its text is short:
/// 18 MB by default.
const UNPACKED_PER_VALUE: usize = 72;

/// The limits of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestLimits {
    /// The bytes of a body.
    pub body: usize,
    /// The bytes that are kept of a body whose sender has no valid token.
    pub unauthenticated_body: usize,
    /// The JSON values of a message.
    pub json_values: usize,
    /// The time for a body to arrive.
    pub body_time: Duration,
    /// The time for the decision of an `authorize` function.
    pub authorize_timeout: Duration,
    /// The time after which an answer outside of a session becomes an event stream, if it may.
    pub stream_after: Option<Duration>,
}

impl Default for RequestLimits {
    fn default() -> Self {
        Self {
            body: BODY,
            unauthenticated_body: UNAUTHENTICATED_BODY,
            json_values: JSON_VALUES,
            body_time: BODY_TIME,
            authorize_timeout: AUTHORIZE_TIMEOUT,
            stream_after: None,
        }
    }
}

impl RequestLimits {
    /// Returns the bytes that incomplete bodies without a valid token share.
    pub fn pending_bodies(&self) -> usize {
        self.unauthenticated_body.saturating_mul(PENDING_BODIES)
    }

    /// Returns to how many bytes a message of this length may unpack.
    pub fn unpacked(&self, length: usize) -> usize {
        let for_values = self.json_values.saturating_mul(UNPACKED_PER_VALUE);
        length.saturating_mul(UNPACKED_PER_BYTE).max(for_values)
    }
}
