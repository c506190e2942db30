//! What a resource says when it cannot be read.

use std::{error::Error, fmt};

use crate::{
    item::{IntoToolError, ToolError},
    text_argument::Failure,
};

type BoxError = Box<dyn Error + Send + Sync + 'static>;

/// Why a resource is not read. Its text goes to the reader, its causes to the log only.
///
/// Every error type becomes one with `?`. That there is no such resource is said by
/// [`ResourceError::not_found`], or by `None` where the function returns an `Option`.
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
#[derive(Debug)]
pub struct ResourceError {
    is_absent: bool,
    error: ToolError,
}

impl ResourceError {
    /// A failure by the text that the reader gets.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        ToolError::new(message).into()
    }

    /// There is no such resource.
    #[must_use]
    pub fn not_found() -> Self {
        Self {
            is_absent: true,
            error: ToolError::new("there is no such resource"),
        }
    }

    /// Adds the cause, which goes to the log only.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.error = self.error.with_source(source);
        self
    }

    /// The text that the reader gets.
    #[must_use]
    pub fn message(&self) -> &str {
        self.error.message()
    }

    /// Whether it says that there is no such resource.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.is_absent
    }
}

impl fmt::Display for ResourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl From<ToolError> for ResourceError {
    fn from(error: ToolError) -> Self {
        Self {
            is_absent: false,
            error,
        }
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for ResourceError {
    fn from(error: E) -> Self {
        from_box(Box::new(error))
    }
}

impl From<ResourceError> for Failure {
    fn from(failure: ResourceError) -> Self {
        match failure.is_absent {
            true => Self::NotFound(failure.error),
            false => Self::Failed(failure.error),
        }
    }
}

/// A [`ResourceError`] on its way through a `Box<dyn Error>`.
#[derive(Debug)]
struct Carried(ResourceError);

impl fmt::Display for Carried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for Carried {}

impl From<ResourceError> for BoxError {
    fn from(error: ResourceError) -> Self {
        Box::new(Carried(error))
    }
}

fn from_box(error: BoxError) -> ResourceError {
    match error.downcast::<Carried>() {
        Ok(carried) => carried.0,
        Err(error) => error.into_tool_error().into(),
    }
}

/// What can stand as `E` in a resource's `Result<T, E>`: what can in a tool's
/// ([`IntoToolError`](crate::IntoToolError)), and [`ResourceError`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error of a resource",
    label = "not an error that a resource can return",
    note = "use `toolgate::ResourceError`, a `String`, or a type that implements `std::error::Error + Send + Sync + 'static`"
)]
pub trait IntoResourceError {
    /// The failure that it is.
    fn into_resource_error(self) -> ResourceError;
}

#[diagnostic::do_not_recommend]
impl<E: Into<BoxError>> IntoResourceError for E {
    fn into_resource_error(self) -> ResourceError {
        from_box(self.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absence_survives_every_way_to_return_it() {
        let boxed: BoxError = ResourceError::not_found().into();
        assert!(boxed.into_resource_error().is_not_found());
        assert!(
            ResourceError::not_found()
                .into_resource_error()
                .is_not_found()
        );
        assert!(!"no".into_resource_error().is_not_found());
    }

    #[test]
    fn an_error_is_told_by_its_own_text_alone() {
        let cause = "x".parse::<u8>().unwrap_err();
        let tool = ToolError::new("for the reader").with_source(cause);
        let failure = tool.into_resource_error();
        assert_eq!(failure.message(), "for the reader");
        assert!(!failure.is_not_found());
        let Failure::Failed(error) = Failure::from(failure) else {
            panic!("it is there")
        };
        assert!(error.causes().unwrap().contains("invalid digit"));
    }
}
