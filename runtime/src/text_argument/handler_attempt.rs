//! Runs the author's code of a resource or a prompt.

use std::panic::AssertUnwindSafe;

use futures_util::{FutureExt, future::BoxFuture};

use crate::item::ToolError;

/// Why a resource or prompt has no result. The kind of request decides what the client is
/// sent.
#[derive(Debug)]
#[doc(hidden)]
pub enum Failure {
    /// The item does not exist.
    NotFound(ToolError),
    /// An argument cannot be parsed as its type.
    Unreadable(ToolError),
    /// Any other failure.
    Failed(ToolError),
}

impl Failure {
    pub(crate) fn error(&self) -> &ToolError {
        match self {
            Self::NotFound(error) | Self::Unreadable(error) | Self::Failed(error) => error,
        }
    }
}

/// The failure of an extractor.
impl From<ToolError> for Failure {
    fn from(error: ToolError) -> Self {
        Self::Failed(error)
    }
}

/// The future that runs the author's code.
#[doc(hidden)]
pub type Attempt<T> = BoxFuture<'static, Result<T, Failure>>;

/// Runs the author's code. A panic becomes a failure, and the causes of an error are logged.
#[doc(hidden)]
pub fn attempt<T, F>(name: &'static str, body: F) -> Attempt<T>
where
    F: Future<Output = Result<T, Failure>> + Send + 'static,
{
    // As for tools: state that the body shares is behind the author's `Send + Sync` types.
    let body = AssertUnwindSafe(body).catch_unwind();
    Box::pin(async move {
        let end = body.await.unwrap_or_else(|_| {
            // The panic hook has reported where and why; the payload may contain anything.
            tracing::error!(target: "toolgate::tool", name, "a resource or a prompt panicked");
            Err(Failure::Failed(ToolError::new(
                "it failed unexpectedly; this is an error in the server, not in the request",
            )))
        });
        if let Err(failure) = &end
            && let Some(causes) = failure.error().causes()
        {
            tracing::warn!(target: "toolgate::tool", name, error = causes, "a resource or a prompt failed");
        }
        end
    })
}
