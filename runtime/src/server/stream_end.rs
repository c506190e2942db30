//! Ends the streams of a client on standard input with its connection.

use rmcp::model::Extensions;

use crate::gate::StreamsEnd;

use super::dispatch_check::gate_extension;

/// Runs a stream without an end of its own until the connection of its client ends.
pub(super) async fn until_end(extensions: &Extensions, stream: impl Future<Output = ()>) {
    match gate_extension::<StreamsEnd>(extensions) {
        None => stream.await,
        Some(StreamsEnd(end)) => {
            tokio::select! {
                () = end.cancelled() => {}
                () = stream => {}
            }
        }
    }
}
