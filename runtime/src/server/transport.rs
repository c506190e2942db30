//! Every setting of rmcp's transport and sessions, decided here: a default of rmcp's that
//! nobody has looked at is a limit that nobody knows of.

use std::time::Duration;

use rmcp::transport::streamable_http_server::{
    StreamableHttpServerConfig,
    session::local::{LocalSessionManager, SessionConfig},
};
use tokio_util::sync::CancellationToken;

/// How often a silent stream says that it is there, so that no proxy takes it for dead: the
/// shortest time after which proxies are known to do so is 30 seconds.
pub(super) const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// How long a client whose stream broke off waits before it comes back for the rest.
pub(super) const RETRY: Duration = Duration::from_secs(3);

/// How many messages of one stream wait for its client, and how many are kept for one that
/// comes back. A handler that sends more waits.
const STREAM_MESSAGES: usize = 16;

/// How long a session waits for the message that opens it. It is at hand when the session is
/// made, so the time only ends what was lost on the way.
const OPENING: Duration = Duration::from_secs(60);

/// How the service behind a gate is set up.
pub(super) fn service(
    hosts: &[String],
    body_limit: usize,
    everything: CancellationToken,
) -> StreamableHttpServerConfig {
    StreamableHttpServerConfig::default()
        // The gate has judged both; rmcp is told the same, as a second lock.
        .with_allowed_hosts(hosts)
        .with_max_request_body_bytes(body_limit)
        // What the gate allows (every port of loopback, say) cannot be told rmcp exactly.
        .disable_allowed_origins()
        .with_sse_keep_alive(Some(KEEP_ALIVE))
        // It would go to clients of every revision: `LocalSessions` sends it to those that
        // know it.
        .with_sse_retry(None)
        // Outside of sessions an answer is JSON, unless something is told before it.
        .with_json_response(true)
        .with_legacy_session_mode(true)
        // Requests of older revisions do not have this metadata.
        .with_stateless_protocol_metadata_required(false)
        .with_cancellation_token(everything)
}

/// The sessions of rmcp, in the memory of this process.
pub(super) fn session_manager() -> LocalSessionManager {
    let mut config = SessionConfig::default();
    config.channel_capacity = STREAM_MESSAGES;
    // It counts the messages of a session, and would end one in the midst of a long call. The
    // gate knows what is open, and ends what is idle (`SessionLimits::with_idle_time`).
    config.keep_alive = None;
    config.sse_retry = Some(RETRY);
    // It is for the streams of cancelled requests alone, and nobody comes back for those; kept,
    // they would be as many as a client sends.
    config.completed_cache_ttl = Duration::ZERO;
    config.init_timeout = Some(OPENING);
    let mut manager = LocalSessionManager::default();
    manager.session_config = config;
    manager
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The fields of a struct, as its `Debug` writes them.
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
        // A release of rmcp with one more has to be looked at.
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
            // There is none: sessions are this process's.
            "session_store",
            "max_request_body_bytes",
            "stateless_protocol_metadata_required",
        ];
        assert_eq!(fields(&service), decided);
    }
}
