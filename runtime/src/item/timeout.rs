//! `timeout = "…"`: cancels an item that runs too long.

use std::time::Duration;

use futures_util::FutureExt;
use tokio::time::timeout;

use super::{CallError, KindParts, Run};
use crate::observer::RunOutcome;

/// Returns the function of an item whose run is dropped after this time.
pub(super) fn within<S: 'static, K: KindParts>(
    time: Duration,
    name: &'static str,
    run: Run<S, K>,
) -> Run<S, K> {
    Box::new(move |call| {
        let running = run(call);
        let running = async move {
            match timeout(time, running).await {
                Ok(end) => end,
                Err(_) => Err(CallError::interrupted(
                    RunOutcome::TimedOut,
                    timed_out(time, K::NOUN, name),
                )),
            }
        };
        running.boxed()
    })
}

/// Logs that an item was cancelled, and returns the message for the caller.
pub(crate) fn timed_out(time: Duration, noun: &str, name: &str) -> String {
    let seconds = time.as_secs_f32();
    tracing::warn!(target: "toolgate::tool", kind = noun, name, seconds, "an item was cancelled at its timeout");
    format!(
        "this {noun} did not finish within {time:?} and was cancelled; its earlier effects may remain"
    )
}
