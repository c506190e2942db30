//! Why no token can be verified at the moment.

use std::fmt;

/// Why tokens cannot be verified at the moment: the reason for each issuer, in one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadinessError(pub(super) String);

impl fmt::Display for ReadinessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ReadinessError {}
