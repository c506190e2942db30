//! Settings of what one request may cost.

use super::Config;

impl Config {
    /// Reads at most this many bytes of a request's body: 4 MiB by default. A longer body is
    /// answered 413.
    #[must_use]
    pub fn with_body_limit(mut self, bytes: usize) -> Self {
        if bytes == 0 {
            self.fault(
                "the limit of a body is 0 bytes, and no call fits into that",
                "allow some bytes; 4 MiB is the default",
            );
        } else {
            self.limits.body = bytes;
        }
        self
    }

    /// Keeps at most this many bytes of a body whose sender has no valid token: 64 KiB by
    /// default. The rest is read and discarded, so that the sender sees the 401.
    ///
    /// A public tool can be called without a token by a body of up to this size. Where all
    /// items are public nobody has a token, and [`Config::with_body_limit`] is the limit.
    /// The name of the called tool has to be within these bytes for a 401 to ask for the
    /// scopes of that tool; else it asks for those of the login.
    ///
    /// ```
    /// let config = toolgate::Config::new("https://mcp.example.com/mcp")
    ///     .with_unauthenticated_body_limit(256 * 1024);
    /// ```
    #[must_use]
    pub fn with_unauthenticated_body_limit(mut self, bytes: usize) -> Self {
        if bytes < LEAST_UNAUTHENTICATED {
            self.fault(
                format!(
                    "the limit of a body without a valid token is {bytes} bytes, and no message fits into that"
                ),
                format!("allow {LEAST_UNAUTHENTICATED} bytes or more; 65536 is the default"),
            );
        } else {
            self.limits.unauthenticated_body = bytes;
        }
        self
    }

    /// Accepts messages of at most this many JSON values (objects, lists, texts, numbers,
    /// booleans, nulls at every depth): 250,000 by default. More are answered 400 before
    /// the message is unpacked.
    ///
    /// It bounds memory: a message unpacks to at most 24 times its bytes, or 72 bytes for
    /// each value that is allowed here, whichever is more.
    ///
    /// ```
    /// let config = toolgate::Config::new("https://mcp.example.com/mcp")
    ///     .with_json_value_limit(50_000);
    /// ```
    #[must_use]
    pub fn with_json_value_limit(mut self, values: usize) -> Self {
        if values < LEAST_VALUES {
            self.fault(
                format!("the limit of JSON values is {values}, and no call has so few"),
                format!("allow {LEAST_VALUES} values or more; 250000 is the default"),
            );
        } else {
            self.limits.json_values = values;
        }
        self
    }
}

/// The head of a call with its name fits into these bytes.
const LEAST_UNAUTHENTICATED: usize = 1024;

/// A call of 2026-07-28 has some ten values before its arguments.
const LEAST_VALUES: usize = 64;
