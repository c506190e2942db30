//! Runs the author's code of an item.

use std::{any::Any, panic::AssertUnwindSafe, sync::Arc};

use futures_util::{FutureExt, future::BoxFuture};

use super::{AuthorizeError, Call, CallError, ItemName, Kind, Running};
use crate::observer::{RunOutcome, RunReport};

/// The function of an item, with its parameters read from the call.
pub(crate) type Run<S, K> = Box<dyn Fn(Call<S>) -> Running<K> + Send + Sync>;

/// Applies the state of the server to the function of an item.
pub(super) fn bind<S, K: Kind>(run: Run<S, K>, state: S) -> Run<(), K>
where
    S: Clone + Send + Sync + 'static,
{
    Box::new(move |call| run(call.with_state(state.clone())))
}

/// Runs the author's code. A panic becomes an error, and the causes of an error are logged.
#[doc(hidden)]
pub fn run<O, F>(item: ItemName, body: F) -> BoxFuture<'static, Result<O, CallError>>
where
    F: Future<Output = Result<O, CallError>> + Send + 'static,
{
    // State that the body shared before it panicked is behind the author's `Send + Sync`
    // types; axum and tokio treat a panicking handler in the same way.
    let body = AssertUnwindSafe(body).catch_unwind();
    Box::pin(async move {
        let end = body
            .await
            .unwrap_or_else(|panic| Err(panicked(item, panic)));
        end.inspect_err(|error| log(item, error))
    })
}

/// Runs an item and reports its outcome. If this future is dropped earlier, the run was cancelled.
pub(super) async fn noted<O>(
    running: BoxFuture<'static, Result<O, CallError>>,
    report: Arc<RunReport>,
) -> Result<O, CallError> {
    let outcome = |end: &Result<O, CallError>| match end {
        Ok(_) => RunOutcome::Ran,
        Err(error) => error.outcome(),
    };
    report.during(running, outcome).await
}

/// Separates the denial of an item from its other errors.
pub(crate) fn split_denial<T>(
    end: Result<T, CallError>,
) -> Result<Result<T, CallError>, Box<AuthorizeError>> {
    match end.map_err(CallError::into_denial) {
        Ok(output) => Ok(Ok(output)),
        Err(Ok(denial)) => Err(denial),
        Err(Err(error)) => Ok(Err(error)),
    }
}

fn panicked(item: ItemName, _: Box<dyn Any + Send>) -> CallError {
    let (tool, name) = fields(item);
    // The panic hook has reported where and why; the payload may contain anything.
    tracing::error!(target: "toolgate::tool", tool, name, "a {} panicked", item.noun);
    CallError::interrupted(
        RunOutcome::Panic,
        "it failed unexpectedly; this is an error in the server, not in the request",
    )
}

fn log(item: ItemName, error: &CallError) {
    if let Some(causes) = error.causes() {
        let (tool, name) = fields(item);
        tracing::warn!(target: "toolgate::tool", tool, name, error = causes, "a {} failed", item.noun);
    }
}

/// Returns the log fields `tool` and `name`: a tool has the first, other items the second.
fn fields(item: ItemName) -> (Option<&'static str>, Option<&'static str>) {
    match item.noun == "tool" {
        true => (Some(item.name), None),
        false => (None, Some(item.name)),
    }
}
