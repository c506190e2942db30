//! The limits of one request.

use std::time::Duration;

use super::Config;

impl Config {
    /// Accepts request bodies of at most this many bytes: 4 MiB by default. A longer body is
    /// refused with 413.
    #[must_use]
    pub fn with_body_limit(mut self, bytes: usize) -> Self {
        if bytes == 0 {
            self.add_error(
                "the body limit is 0 bytes, which is too small for any call",
                "allow at least 1 byte; the default is 4 MiB",
            );
        } else {
            self.limits.body = bytes;
        }
        self
    }

    /// Buffers at most this many bytes of a body whose sender has no valid token: 64 KiB by
    /// default. The rest is read and discarded, so that the sender receives the 401.
    ///
    /// This also limits the calls of public tools without a token. If all items are public,
    /// no caller has a token and [`Config::with_body_limit`] applies instead. A 401 names the
    /// scopes of the called tool only if the tool's name is within these bytes; otherwise it
    /// names those of the login.
    ///
    /// ```
    /// let config = toolgate::Config::new("https://mcp.example.com/mcp")
    ///     .with_unauthenticated_body_limit(256 * 1024);
    /// ```
    #[must_use]
    pub fn with_unauthenticated_body_limit(mut self, bytes: usize) -> Self {
        if bytes < LEAST_UNAUTHENTICATED {
            self.add_error(
                format!(
                    "the body limit without a valid token is {bytes} bytes, which is too small for any message"
                ),
                format!("allow at least {LEAST_UNAUTHENTICATED} bytes; the default is 65536"),
            );
        } else {
            self.limits.unauthenticated_body = bytes;
        }
        self
    }

    /// Accepts messages of at most this many JSON values (objects, arrays, strings, numbers,
    /// booleans and nulls at every depth): 250,000 by default. A message with more is refused
    /// with 400 before it is parsed.
    ///
    /// This limits memory: a parsed message takes at most 24 times its bytes, or 72 bytes for
    /// each allowed value, whichever is more.
    ///
    /// ```
    /// let config = toolgate::Config::new("https://mcp.example.com/mcp")
    ///     .with_json_value_limit(50_000);
    /// ```
    #[must_use]
    pub fn with_json_value_limit(mut self, values: usize) -> Self {
        if values < LEAST_VALUES {
            self.add_error(
                format!("the limit of JSON values is {values}, which is too small for any call"),
                format!("allow at least {LEAST_VALUES} values; the default is 250000"),
            );
        } else {
            self.limits.json_values = values;
        }
        self
    }

    /// Sets how long the `authorize` function of an item may take, 5 seconds by default. Longer
    /// decisions are refused with 503 and `Retry-After`. A decision that does not wait for anything
    /// is never interrupted.
    ///
    /// Zero is an error.
    ///
    /// ```
    /// let config = toolgate::Config::new("https://mcp.example.com/mcp")
    ///     .with_authorize_timeout(std::time::Duration::from_secs(2));
    /// ```
    #[must_use]
    pub fn with_authorize_timeout(mut self, time: Duration) -> Self {
        if time.is_zero() {
            self.add_error(
                "the time for an `authorize` function is 0, so every request of such an item would be refused",
                "allow some time, such as 5 seconds, which is the default",
            );
        } else {
            self.limits.authorize_timeout = time;
        }
        self
    }

    /// Answers a request outside of a session that takes longer than this by an event stream,
    /// with a comment every 15 seconds until the result. Without it, no byte is sent before the
    /// result, and a proxy that ends silent connections ends the call. Calls in a session always
    /// have such a stream.
    ///
    /// The status is then 200 before the result is known, and a later error or denial is in the
    /// message. A client that does not accept `text/event-stream` still gets JSON.
    ///
    /// ```
    /// let config = toolgate::Config::new("https://mcp.example.com/mcp")
    ///     .with_stream_after(std::time::Duration::from_secs(10));
    /// ```
    #[must_use]
    pub fn with_stream_after(mut self, time: Duration) -> Self {
        self.limits.stream_after = Some(time);
        self
    }
}

/// Enough for the head of a call with its name.
const LEAST_UNAUTHENTICATED: usize = 1024;

/// A call of 2026-07-28 has about ten values before its arguments.
const LEAST_VALUES: usize = 64;
