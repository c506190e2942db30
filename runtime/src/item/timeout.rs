//! `timeout = "…"`: cancels an item that runs too long.

use std::time::Duration;

use futures_util::FutureExt;
use tokio::time::timeout;

use super::{CallError, ItemName, Kind, Running};

/// Runs an item for at most this time, then drops it.
pub(crate) fn within<K: Kind>(time: Duration, item: ItemName, running: Running<K>) -> Running<K> {
    let running = async move {
        match timeout(time, running).await {
            Ok(end) => end,
            Err(_) => Err(CallError::failed(timed_out(time, item.noun, item.name))),
        }
    };
    running.boxed()
}

/// Logs that an item was cancelled, and returns the message for the caller.
pub(crate) fn timed_out(time: Duration, noun: &str, name: &str) -> String {
    let seconds = time.as_secs_f32();
    tracing::warn!(target: "toolgate::tool", kind = noun, name, seconds, "an item was cancelled at its timeout");
    format!(
        "this {noun} did not finish within {time:?} and was cancelled; what it did until then may remain"
    )
}
