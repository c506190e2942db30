//! Every setting of rmcp's transport and sessions is set here, so that no unreviewed default
//! of rmcp becomes an unknown limit.

use std::{sync::Arc, time::Duration};

use rmcp::transport::streamable_http_server::{
    StreamableHttpServerConfig,
    session::{
        SessionStore,
        local::{LocalSessionManager, SessionConfig},
    },
};
use tokio_util::sync::CancellationToken;

use crate::gate::KEEP_ALIVE;

/// How long a client waits before it resumes a broken stream.
pub(super) const RETRY: Duration = Duration::from_secs(3);

/// How many messages of one stream are buffered for its client, and how many are stored for
/// replay. A handler that sends more waits.
const STREAM_MESSAGES: usize = 16;

/// How long a session waits for its first message. The message is already there when the
/// session is created, so the timeout only removes sessions whose message was lost.
const OPENING: Duration = Duration::from_secs(60);

/// Returns the settings of the service behind a gate.
pub(super) fn service(
    hosts: &[String],
    body_limit: usize,
    session_shutdown: CancellationToken,
) -> StreamableHttpServerConfig {
    StreamableHttpServerConfig::default()
        // The gate has checked both; rmcp checks them again as a second defence.
        .with_allowed_hosts(hosts)
        .with_max_request_body_bytes(body_limit)
        // rmcp cannot express what the gate allows, such as every port of loopback.
        .disable_allowed_origins()
        .with_sse_keep_alive(Some(KEEP_ALIVE))
        // rmcp would send it to clients of every revision; `LocalSessions` sends it only to
        // those that know it.
        .with_sse_retry(None)
        // Outside of sessions an answer is JSON, unless a notification is sent before it.
        .with_json_response(true)
        .with_legacy_session_mode(true)
        // Requests of earlier revisions do not have this metadata.
        .with_stateless_protocol_metadata_required(false)
        .with_cancellation_token(session_shutdown)
}

/// Lets rmcp restore the services of sessions from their records.
pub(super) fn with_records(
    mut settings: StreamableHttpServerConfig,
    records: Arc<dyn SessionStore>,
) -> StreamableHttpServerConfig {
    settings.session_store = Some(records);
    settings
}

/// Creates rmcp's session manager, which stores sessions in the memory of this process.
pub(super) fn session_manager() -> LocalSessionManager {
    let mut config = SessionConfig::default();
    config.channel_capacity = STREAM_MESSAGES;
    // rmcp's timeout looks only at messages, and would end a session during a long call. The
    // gate knows what is open, and ends idle sessions (`SessionLimits::with_idle_time`).
    config.keep_alive = None;
    config.sse_retry = Some(RETRY);
    // This cache is only for streams of cancelled requests, which no client resumes. It would
    // grow with every request that a client sends.
    config.completed_cache_ttl = Duration::ZERO;
    config.init_timeout = Some(OPENING);
    let mut manager = LocalSessionManager::default();
    manager.session_config = config;
    manager
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the field names in a struct's `Debug` output.
    fn fields(written: &str) -> Vec<&str> {
        let inner = written.lines().filter(|line| {
            line.starts_with("    ") && !line.starts_with("     ") && line.contains(':')
        });
        inner
            .filter_map(|line| line.trim().split(':').next())
            .collect()
    }

    #[test]
    fn every_setting_of_rmcp_is_decided() {
        // A new setting in a release of rmcp must be reviewed.
        let sessions = format!("{:#?}", SessionConfig::default());
        let decided = [
            "channel_capacity",
            "keep_alive",
            "sse_retry",
            "completed_cache_ttl",
            "init_timeout",
        ];
        assert_eq!(fields(&sessions), decided);
        let service = format!("{:#?}", StreamableHttpServerConfig::default());
        let decided = [
            "sse_keep_alive",
            "sse_retry",
            "legacy_session_mode",
            "json_response",
            "cancellation_token",
            "allowed_hosts",
            "allowed_origins",
            "validate_empty_origin_allowlist",
            // Set by `with_records`, where the gate releases services.
            "session_store",
            "max_request_body_bytes",
            "stateless_protocol_metadata_required",
        ];
        assert_eq!(fields(&service), decided);
    }
}
