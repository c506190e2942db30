//! [`ResourceError`]: the error of a resource.

use std::{error::Error, fmt};

use super::NO_SUCH_RESOURCE;
use crate::item::{BoxError, CallError, FailureKind, IntoCallError, ToolError};

/// The error of a resource. The client gets its message, and its causes are only logged.
///
/// Every error type converts to it with `?`. If there is no such resource, return
/// [`ResourceError::not_found`], or `None` where the function returns an `Option`.
///
/// ```
/// use toolgate::{ResourceError, mcp_resource};
///
/// /// The square of a number.
/// #[mcp_resource(uri = "squares://{number}", public)]
/// fn square(number: u32) -> Result<String, ResourceError> {
///     match number.checked_mul(number) {
///         Some(square) => Ok(square.to_string()),
///         None => Err(ResourceError::not_found()),
///     }
/// }
/// ```
pub struct ResourceError(CallError);

impl ResourceError {
    /// Creates an error with the message that the client gets.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self(CallError::failed(message))
    }

    /// Creates the error for a resource that does not exist.
    #[must_use]
    pub fn not_found() -> Self {
        Self(CallError::not_found(NO_SUCH_RESOURCE))
    }

    /// Adds the cause, which is only logged. A cause that is an
    /// [`AuthorizeError`](crate::auth::AuthorizeError), or has one as its `source()`, denies the
    /// request, as it does with `?`.
    #[must_use]
    pub fn with_source(self, source: impl Into<BoxError>) -> Self {
        Self(self.0.with_source(source))
    }

    /// Returns the message that the client gets.
    #[must_use]
    pub fn message(&self) -> &str {
        self.0.message()
    }

    /// Returns whether it means that there is no such resource.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.0.kind() == FailureKind::NotFound
    }
}

impl fmt::Display for ResourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for ResourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResourceError")
            .field("is_not_found", &self.is_not_found())
            .field("message", &self.0.message())
            .field("causes", &self.0.causes())
            .finish()
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for ResourceError {
    fn from(error: E) -> Self {
        Self(error.into_call_error())
    }
}

impl From<ToolError> for ResourceError {
    fn from(error: ToolError) -> Self {
        Self(error.into())
    }
}

impl From<ResourceError> for CallError {
    fn from(error: ResourceError) -> Self {
        error.0
    }
}

impl From<ResourceError> for BoxError {
    fn from(error: ResourceError) -> Self {
        Box::new(error.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absence_survives_every_way_to_return_it() {
        let is_absent = |error: CallError| ResourceError::from(error).is_not_found();
        let boxed: BoxError = ResourceError::not_found().into();
        assert!(is_absent(boxed.into_call_error()));
        assert!(is_absent(ResourceError::not_found().into_call_error()));
        assert!(!is_absent("no".into_call_error()));
    }

    #[test]
    fn an_error_is_reported_by_its_own_text_alone() {
        let cause = "x".parse::<u8>().unwrap_err();
        let tool = ToolError::new("for the reader").with_source(cause);
        let failure = ResourceError::from(tool.into_call_error());
        assert_eq!(failure.message(), "for the reader");
        assert!(!failure.is_not_found());
        let error = CallError::from(failure);
        assert_eq!(error.kind(), FailureKind::Failed);
        assert!(error.causes().unwrap().contains("invalid digit"));
    }
}
