//! [`RunError`]: why a request has no response of its item.

use rmcp::ErrorData;

use super::AuthorizeError;

/// Why a request has no response of the item.
#[derive(Debug)]
pub(crate) enum RunError {
    /// The protocol has an error for it.
    Failed(ErrorData),
    /// The item has denied the request while it ran.
    Denied(Box<AuthorizeError>),
}

impl From<ErrorData> for RunError {
    fn from(error: ErrorData) -> Self {
        Self::Failed(error)
    }
}

/// The response where no gate can render the denial: the request is refused without a detail.
impl From<RunError> for ErrorData {
    fn from(run_error: RunError) -> Self {
        match run_error {
            RunError::Failed(error) => error,
            RunError::Denied(_) => Self::internal_error("the request was denied", None),
        }
    }
}
