//! Where the author's code of a resource or a prompt is run.

use std::panic::AssertUnwindSafe;

use futures_util::{FutureExt, future::BoxFuture};

use crate::tool::ToolError;

/// Why there is nothing to give. What a client is told of it depends on what it asked for.
#[derive(Debug)]
#[doc(hidden)]
pub enum Failure {
    /// There is no such thing.
    NotFound(ToolError),
    /// An argument does not read as its type.
    Unreadable(ToolError),
    /// Anything else.
    Failed(ToolError),
}

impl Failure {
    pub(crate) fn error(&self) -> &ToolError {
        match self {
            Self::NotFound(error) | Self::Unreadable(error) | Self::Failed(error) => error,
        }
    }
}

/// An extractor's failure.
impl From<ToolError> for Failure {
    fn from(error: ToolError) -> Self {
        Self::Failed(error)
    }
}

/// What becomes of the author's code.
#[doc(hidden)]
pub type Attempt<T> = BoxFuture<'static, Result<T, Failure>>;

/// Runs the author's code: a panic becomes a failure, an error's causes go to the log.
#[doc(hidden)]
pub fn attempt<T, F>(name: &'static str, body: F) -> Attempt<T>
where
    F: Future<Output = Result<T, Failure>> + Send + 'static,
{
    // As for tools: what the body shared is behind `Send + Sync` types of the author's.
    let body = AssertUnwindSafe(body).catch_unwind();
    Box::pin(async move {
        let end = body.await.unwrap_or_else(|_| {
            // The panic hook has told where and why; the payload may hold anything.
            tracing::error!(target: "toolgate::tool", name, "a resource or a prompt panicked");
            Err(Failure::Failed(ToolError::new(
                "it failed unexpectedly; this is a fault of the server, not of the request",
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
