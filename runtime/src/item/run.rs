//! Runs the author's code of an item.

use std::{any::Any, panic::AssertUnwindSafe};

use futures_util::{FutureExt, future::BoxFuture};

use super::{Call, CallError, Kind};

/// The future that runs the author's code.
pub(crate) type Running<K> = BoxFuture<'static, Result<<K as Kind>::Output, CallError>>;

/// The function of an item, with its parameters read from the call.
pub(crate) type Run<S, K> = Box<dyn Fn(Call<S>) -> Running<K> + Send + Sync>;

/// Runs the author's code. A panic becomes an error, and the causes of an error are logged.
#[doc(hidden)]
pub fn run<O, F>(name: &'static str, body: F) -> BoxFuture<'static, Result<O, CallError>>
where
    F: Future<Output = Result<O, CallError>> + Send + 'static,
{
    // State that the body shared before it panicked is behind the author's `Send + Sync`
    // types; axum and tokio treat a panicking handler in the same way.
    let body = AssertUnwindSafe(body).catch_unwind();
    Box::pin(async move {
        let end = body
            .await
            .unwrap_or_else(|panic| Err(panicked(name, panic)));
        end.inspect_err(|error| log(name, error))
    })
}

fn panicked(name: &'static str, _: Box<dyn Any + Send>) -> CallError {
    // The panic hook has reported where and why; the payload may contain anything.
    tracing::error!(target: "toolgate::tool", name, "the code of a tool, prompt or resource panicked");
    CallError::failed("it failed unexpectedly; this is an error in the server, not in the request")
}

fn log(name: &'static str, error: &CallError) {
    if let Some(causes) = error.causes() {
        tracing::warn!(target: "toolgate::tool", name, error = causes, "a tool, prompt or resource failed");
    }
}
