//! [`CallError`]: why a request for an item has no result. [`ToolError`](crate::ToolError) and
//! [`ResourceError`](crate::ResourceError) are its public forms.

use std::{error::Error, fmt};

use rmcp::ErrorData;

use super::{AuthorizeError, MissingCapabilities};
use crate::{log_text::redaction, observer::RunOutcome};

pub(crate) type BoxError = Box<dyn Error + Send + Sync + 'static>;

/// Why a request has no result. The client gets the message, and the causes are only logged.
#[doc(hidden)]
pub struct CallError {
    kind: FailureKind,
    message: String,
    source: Option<BoxError>,
    missing: Option<Box<MissingCapabilities>>,
    denied: Option<Box<AuthorizeError>>,
    /// The outcome of a run in which the author's code did not return.
    interrupted: Option<RunOutcome>,
}

/// The most causes of an error that are looked at: a chain of causes can be endless.
const MOST_CAUSES: usize = 16;

/// What failed. The kind of the item decides what the client gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FailureKind {
    /// The item does not exist.
    NotFound,
    /// An argument cannot be read.
    Unreadable,
    /// Anything else.
    Failed,
}

impl CallError {
    fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            source: None,
            missing: None,
            denied: None,
            interrupted: None,
        }
    }

    /// Creates the error for an item whose code has panicked or was stopped at its timeout.
    pub(super) fn interrupted(outcome: RunOutcome, message: impl Into<String>) -> Self {
        let mut error = Self::failed(message);
        error.interrupted = Some(outcome);
        error
    }

    /// Returns the outcome of a run with this error.
    pub(super) fn outcome(&self) -> RunOutcome {
        if let Some(outcome) = self.interrupted {
            return outcome;
        }
        match self.kind {
            _ if self.denied.is_some() => RunOutcome::LateDenial,
            FailureKind::Unreadable => RunOutcome::SchemaRefusal,
            FailureKind::NotFound | FailureKind::Failed => RunOutcome::ToolError,
        }
    }

    /// Creates an error with the message that the client gets.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Failed, message)
    }

    /// Creates the error for an item that does not exist.
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(FailureKind::NotFound, message)
    }

    /// Creates the error for an argument that cannot be read.
    pub(crate) fn unreadable(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Unreadable, message)
    }

    /// Creates the error for capabilities that the client has not declared.
    pub(crate) fn missing_capabilities(missing: MissingCapabilities) -> Self {
        let mut error = Self::failed(missing.message());
        error.missing = Some(Box::new(missing));
        error
    }

    /// Adds the cause, which is only logged. A denial in it denies the request.
    pub(crate) fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        let source = source.into();
        self.denied = denial(&*source).or(self.denied);
        self.source = Some(source);
        self
    }

    /// Returns what failed.
    pub(crate) fn kind(&self) -> FailureKind {
        self.kind
    }

    /// Returns the message that the client gets.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// Returns the messages of all causes, safe for a log line, or `None` without a cause.
    pub(crate) fn causes(&self) -> Option<String> {
        let mut cause = self.source();
        let mut chain = String::new();
        // It must not fill the disk.
        for _ in 0..MOST_CAUSES {
            let Some(error) = cause else { break };
            if !chain.is_empty() {
                chain.push_str(": ");
            }
            chain.push_str(&error.to_string());
            cause = error.source();
        }
        (!chain.is_empty()).then(|| redaction::for_log(&chain))
    }

    /// Returns the error that the protocol has for missing capabilities, if some are missing.
    pub(crate) fn protocol_error(&self) -> Option<ErrorData> {
        let missing = self.missing.as_ref()?;
        let mut error = ErrorData::missing_required_client_capability(missing.required());
        error.message = self.message.clone().into();
        Some(error)
    }

    /// Returns the JSON-RPC error, where the protocol has no result for a failure.
    pub(crate) fn into_error_data(self) -> ErrorData {
        match self.protocol_error() {
            Some(error) => error,
            None => ErrorData::internal_error(self.message, None),
        }
    }

    /// Returns the denial, if the item has denied the request.
    pub(crate) fn into_denial(mut self) -> Result<Box<AuthorizeError>, Self> {
        let denied = self.denied.take();
        denied.ok_or(self)
    }

    fn from_box(error: BoxError) -> Self {
        match error.downcast::<Self>() {
            Ok(error) => *error,
            Err(error) => Self {
                // The author may have wrapped it into an error of the application.
                denied: denial(&*error),
                kind: FailureKind::Failed,
                // The author did not write this text. It may be that of an HTTP client, with
                // an address and an API key in it.
                message: redaction::for_caller(&error.to_string()),
                // The client gets the text; only the causes below it are for the log alone.
                source: error.source().is_some().then_some(error),
                missing: None,
                interrupted: None,
            },
        }
    }
}

/// Returns the first denial in a chain of causes.
fn denial(error: &(dyn Error + 'static)) -> Option<Box<AuthorizeError>> {
    let mut next = Some(error);
    let chain = std::iter::from_fn(|| {
        let error = next?;
        next = error.source();
        Some(error)
    });
    let mut found = chain.take(MOST_CAUSES).filter_map(|error| {
        let denied = error.downcast_ref().cloned().map(Box::new);
        // `?` may have converted the denial to the error of an item.
        denied.or_else(|| error.downcast_ref::<CallError>()?.denied.clone())
    });
    found.next()
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallError")
            .field("kind", &self.kind)
            .field("message", &self.message)
            .field("causes", &self.causes())
            .finish()
    }
}

/// It is an `Error`, so that it passes through a `Box<dyn Error>` unchanged.
impl Error for CallError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| &**source as _)
    }
}

/// A type that can be `E` in the `Result<T, E>` of a tool, a prompt or a resource.
///
/// Every `std::error::Error` can, and so can `String`, `&'static str`,
/// [`ToolError`](crate::ToolError), [`ResourceError`](crate::ResourceError) and the types of
/// other crates for any error (`anyhow::Error`, `eyre::Report`,
/// `Box<dyn Error + Send + Sync>`). The client gets its `Display` text. Its `source()` chain is
/// only logged.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error of a tool, a prompt or a resource",
    label = "not an error that a tool, a prompt or a resource can return",
    note = "use `toolgate::ToolError` or, in a resource, `toolgate::ResourceError`, a `String`, or a type that implements `std::error::Error + Send + Sync + 'static`"
)]
pub trait IntoCallError {
    /// Returns the error.
    #[doc(hidden)]
    fn into_call_error(self) -> CallError;
}

#[diagnostic::do_not_recommend]
impl<E: Into<BoxError>> IntoCallError for E {
    fn into_call_error(self) -> CallError {
        CallError::from_box(self.into())
    }
}
