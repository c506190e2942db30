//! [`Unanswered`]: why a request has no response of its item.

use rmcp::ErrorData;

use super::{AuthorizeError, CallError};

/// Why a request has no response of the item.
#[derive(Debug)]
pub(crate) enum Unanswered {
    /// The protocol has an error for it.
    Failed(ErrorData),
    /// The item has denied the request while it ran.
    Denied(Box<AuthorizeError>),
}

impl From<ErrorData> for Unanswered {
    fn from(error: ErrorData) -> Self {
        Self::Failed(error)
    }
}

/// The response where no gate can render the denial: the request is refused without a detail.
impl From<Unanswered> for ErrorData {
    fn from(unanswered: Unanswered) -> Self {
        match unanswered {
            Unanswered::Failed(error) => error,
            Unanswered::Denied(_) => Self::internal_error("the request was denied", None),
        }
    }
}

/// Separates the denial of an item from its other errors.
pub(crate) fn separate<T>(
    end: Result<T, CallError>,
) -> Result<Result<T, CallError>, Box<AuthorizeError>> {
    match end.map_err(CallError::into_denial) {
        Ok(output) => Ok(Ok(output)),
        Err(Ok(denial)) => Err(denial),
        Err(Err(error)) => Ok(Err(error)),
    }
}
