//! What a tool says when it fails: one text for the caller, the causes for the log.

use std::{error::Error, fmt};

use rmcp::ErrorData;

use super::{capability::MissingCapabilities, redaction};

type BoxError = Box<dyn Error + Send + Sync + 'static>;

/// A tool's failure. Its text goes to the caller, its causes to the log only.
///
/// Every error type becomes one with `?`, and a text does by [`ToolError::new`]:
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
/// An error that was converted tells its text as it is, but for what stands in the query of
/// an address, and for tokens: that is how HTTP clients give away API keys. What is given
/// to [`ToolError::new`] is not touched.
///
/// It is no [`std::error::Error`] itself, as that would forbid the conversion from all others.
pub struct ToolError {
    message: String,
    source: Option<BoxError>,
    lack: Option<Box<MissingCapabilities>>,
}

impl ToolError {
    /// A failure by the text that the caller gets.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            source: None,
            lack: None,
        }
    }

    /// The client has not declared what it would be asked for.
    pub(crate) fn lacking(lack: MissingCapabilities) -> Self {
        let mut error = Self::new(lack.message());
        error.lack = Some(Box::new(lack));
        error
    }

    /// The error that the protocol has for it, if it has one.
    pub(crate) fn protocol_error(&self) -> Option<ErrorData> {
        let lack = self.lack.as_ref()?;
        let mut error = ErrorData::missing_required_client_capability(lack.required());
        error.message = self.message.clone().into();
        Some(error)
    }

    /// What is answered where there is no result that tells of a failure.
    pub(crate) fn into_error_data(self) -> ErrorData {
        match self.protocol_error() {
            Some(error) => error,
            None => ErrorData::internal_error(self.message, None),
        }
    }

    /// Adds the cause, which goes to the log only.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The text that the caller gets.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The text of the whole chain, fit for a log line; none when there is no cause.
    pub(crate) fn causes(&self) -> Option<String> {
        let mut cause: Option<&dyn Error> = self.source.as_ref().map(|source| &**source as _);
        let mut chain = String::new();
        // A chain that bites its own tail must not fill the disk.
        for _ in 0..16 {
            let Some(error) = cause else { break };
            if !chain.is_empty() {
                chain.push_str(": ");
            }
            chain.push_str(&error.to_string());
            cause = error.source();
        }
        (!chain.is_empty()).then(|| redaction::for_log(&chain))
    }
}

impl fmt::Display for ToolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for ToolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToolError")
            .field("message", &self.message)
            .field("causes", &self.causes())
            .finish()
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for ToolError {
    fn from(error: E) -> Self {
        from_box(Box::new(error))
    }
}

/// A [`ToolError`] on its way through a `Box<dyn Error>`.
#[derive(Debug)]
struct Carried(ToolError);

impl fmt::Display for Carried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for Carried {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source.as_ref().map(|source| &**source as _)
    }
}

impl From<ToolError> for BoxError {
    fn from(error: ToolError) -> Self {
        Box::new(Carried(error))
    }
}

fn from_box(error: BoxError) -> ToolError {
    match error.downcast::<Carried>() {
        Ok(carried) => carried.0,
        Err(error) => ToolError {
            // A text that the tool's author has not written: it may be that of an HTTP
            // client, with the address and the API key in it.
            message: redaction::for_caller(&error.to_string()),
            // The text is the caller's already; what lies below it is the log's.
            source: error.source().is_some().then_some(error),
            lack: None,
        },
    }
}

/// What can stand as `E` in a tool's `Result<T, E>`.
///
/// Every `std::error::Error` can, and so can `String`, `&'static str`, [`ToolError`] and
/// what other crates have for all errors (`anyhow::Error`, `eyre::Report`,
/// `Box<dyn Error + Send + Sync>`). Its `Display` reaches the caller, its
/// `source()` chain the log only.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error of a tool",
    label = "not an error that a tool can return",
    note = "use `toolgate::ToolError`, a `String`, or a type that implements `std::error::Error + Send + Sync + 'static`"
)]
pub trait IntoToolError {
    /// The failure that it is.
    fn into_tool_error(self) -> ToolError;
}

#[diagnostic::do_not_recommend]
impl<E: Into<BoxError>> IntoToolError for E {
    fn into_tool_error(self) -> ToolError {
        from_box(self.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let error = outer().into_tool_error();
        assert_eq!(error.message(), "the limit is unreadable");
        let causes = error.causes().unwrap();
        assert!(causes.contains("invalid digit"), "{causes}");
    }

    #[test]
    fn an_error_without_a_cause_logs_nothing() {
        assert!("no".into_tool_error().causes().is_none());
        assert!(String::from("no").into_tool_error().causes().is_none());
    }

    #[test]
    fn a_tool_error_passes_through_a_box_unchanged() {
        let boxed: BoxError = ToolError::new("for the caller").with_source(outer()).into();
        let error = boxed.into_tool_error();
        assert_eq!(error.message(), "for the caller");
        assert!(
            error
                .causes()
                .unwrap()
                .starts_with("the limit is unreadable: ")
        );
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
        assert!(Endless.into_tool_error().causes().unwrap().len() < 4_096);
    }
}
