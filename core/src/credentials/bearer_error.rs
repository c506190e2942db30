//! Why a request's credentials are not one token.

use std::fmt;

/// Why a request's credentials are not a single valid bearer token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BearerError {
    /// The query string contains a token (RFC 6750 §2.3, forbidden by OAuth 2.1 §5.1.1).
    InQuery,
    /// The request has more than one `Authorization` header.
    Repeated,
    /// The scheme is `Bearer`, but what follows is not a `b64token`.
    Malformed,
}

impl BearerError {
    /// Returns the text of a challenge's `error_description`.
    #[doc(hidden)]
    #[must_use]
    pub const fn description(self) -> &'static str {
        match self {
            Self::InQuery => "the access token belongs in the Authorization header, not in the URL",
            Self::Repeated => "the request has more than one Authorization header",
            Self::Malformed => "the bearer token is malformed",
        }
    }
}

impl fmt::Display for BearerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.description())
    }
}

impl std::error::Error for BearerError {}
