//! [`ToolError`]: the error of a tool, a prompt or an extractor.

use std::{error::Error, fmt};

use super::{CallError, IntoCallError, MissingCapabilities, call_error::BoxError};

/// The error of a tool, a prompt or an extractor. The client gets its message, and its causes
/// are only logged.
///
/// Every error type converts to it with `?`, and [`ToolError::new`] creates one from a message:
///
/// ```
/// use toolgate::{ToolError, mcp_tool};
///
/// /// Doubles a number that is written in words.
/// #[mcp_tool(public)]
/// fn double(
///     /// The number, such as `21`.
///     number: String,
/// ) -> Result<i64, ToolError> {
///     let number: i64 = number.trim().parse()?;
///     number.checked_mul(2).ok_or_else(|| ToolError::new("too large to double"))
/// }
/// ```
///
/// A converted error keeps its message, except for tokens and the queries of addresses, because
/// HTTP clients print API keys there. A message for [`ToolError::new`] is not changed.
///
/// It does not implement [`std::error::Error`], because then not every other error could convert
/// to it.
pub struct ToolError(CallError);

impl ToolError {
    /// Creates an error with the message that the client gets.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self(CallError::failed(message))
    }

    /// Creates the error for capabilities that the client has not declared.
    pub(crate) fn missing_capabilities(missing: MissingCapabilities) -> Self {
        Self(CallError::missing_capabilities(missing))
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
}

impl fmt::Display for ToolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for ToolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToolError")
            .field("message", &self.0.message())
            .field("causes", &self.0.causes())
            .finish()
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for ToolError {
    fn from(error: E) -> Self {
        Self(error.into_call_error())
    }
}

impl From<ToolError> for CallError {
    fn from(error: ToolError) -> Self {
        error.0
    }
}

impl From<ToolError> for BoxError {
    fn from(error: ToolError) -> Self {
        Box::new(error.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{AuthorizeError, IntoCallError},
        *,
    };

    #[derive(Debug)]
    struct Outer(std::num::ParseIntError);

    impl fmt::Display for Outer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("the limit is unreadable")
        }
    }

    impl Error for Outer {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.0)
        }
    }

    fn outer() -> Outer {
        Outer("x".parse::<u8>().unwrap_err())
    }

    #[test]
    fn the_caller_gets_the_text_and_the_log_the_chain() {
        let error = outer().into_call_error();
        assert_eq!(error.message(), "the limit is unreadable");
        let causes = error.causes().unwrap();
        assert!(causes.contains("invalid digit"), "{causes}");
    }

    #[test]
    fn an_error_without_a_cause_logs_nothing() {
        assert!("no".into_call_error().causes().is_none());
        assert!(String::from("no").into_call_error().causes().is_none());
    }

    #[test]
    fn a_tool_error_passes_through_a_box_unchanged() {
        let boxed: BoxError = ToolError::new("for the caller").with_source(outer()).into();
        let error = boxed.into_call_error();
        assert_eq!(error.message(), "for the caller");
        assert!(
            error
                .causes()
                .unwrap()
                .starts_with("the limit is unreadable: ")
        );
    }

    #[test]
    fn a_denial_among_the_causes_denies() {
        let denial = || AuthorizeError::denied("only its owner may do this");
        let converted = ToolError::from(denial());
        let boxed: BoxError = ToolError::from(denial()).into();
        let wrapped = ToolError::new("refused").with_source(ToolError::from(denial()));
        for error in [
            converted,
            ToolError::new("refused").with_source(denial()),
            ToolError::new("refused").with_source(boxed),
            ToolError::new("outer").with_source(wrapped),
            // A later cause does not take it back.
            ToolError::from(denial()).with_source(outer()),
        ] {
            let denied = CallError::from(error).into_denial();
            assert_eq!(*denied.unwrap(), denial());
        }
        let plain = CallError::from(ToolError::new("no").with_source(outer()));
        assert!(plain.into_denial().is_err());
    }

    #[test]
    fn a_chain_that_never_ends_is_cut() {
        #[derive(Debug)]
        struct Endless;
        impl fmt::Display for Endless {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&"again ".repeat(1_000))
            }
        }
        impl Error for Endless {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                Some(&Endless)
            }
        }
        assert!(Endless.into_call_error().causes().unwrap().len() < 4_096);
    }
}
