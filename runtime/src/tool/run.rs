//! Runs a tool's own code.

use std::{any::Any, panic::AssertUnwindSafe};

use futures_util::{FutureExt, future::BoxFuture};

use super::ToolOutcome;
use crate::item::ToolError;

/// What runs a tool.
#[doc(hidden)]
pub type CallFuture = BoxFuture<'static, ToolOutcome>;

/// Runs a tool's own code: a panic becomes a tool error, an error's causes go to the log.
#[doc(hidden)]
pub fn run<F>(tool: &'static str, body: F) -> CallFuture
where
    F: Future<Output = Result<ToolOutcome, ToolError>> + Send + 'static,
{
    // What the body shared before it panicked is behind `Send + Sync` types of the user's;
    // axum and tokio treat a panicking handler in the same way.
    let body = AssertUnwindSafe(body).catch_unwind();
    Box::pin(async move { settle(tool, body.await) })
}

/// The part of [`run`] that is the same for every tool.
fn settle(
    tool: &'static str,
    end: Result<Result<ToolOutcome, ToolError>, Box<dyn Any + Send>>,
) -> ToolOutcome {
    let outcome = match end {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(error)) => ToolOutcome::failed(error),
        Err(_) => {
            // The panic hook has told where and why; the payload may hold anything.
            tracing::error!(target: "toolgate::tool", tool, "the tool panicked");
            return ToolOutcome::failed(ToolError::new(
                "the tool failed unexpectedly; this is a fault of the server, not of the call",
            ));
        }
    };
    if let Some(causes) = outcome.causes() {
        tracing::warn!(target: "toolgate::tool", tool, error = causes, "the tool failed");
    }
    outcome
}
