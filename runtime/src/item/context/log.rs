//! Log messages for the client, sent while an item runs.

use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};

use rmcp::{RoleServer, service::RequestContext};
use serde_json::Value;

/// The severity of a log message (RFC 5424 §6.2.1), from the lowest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// Details for debugging.
    Debug,
    /// Normal operation.
    Info,
    /// Normal, but significant.
    Notice,
    /// A possible error.
    Warning,
    /// An error.
    Error,
    /// A part has failed.
    Critical,
    /// A person has to act immediately.
    Alert,
    /// The system does not work.
    Emergency,
}

/// The lowest level that a session gets. Clones belong to the same session.
#[derive(Debug, Clone)]
pub(crate) struct LogThreshold(Arc<AtomicU8>);

impl Default for LogThreshold {
    /// The server decides until the client sets a level (MCP 2025-11-25, logging).
    fn default() -> Self {
        Self(Arc::new(AtomicU8::new(LogLevel::Info as u8)))
    }
}

#[expect(
    deprecated,
    reason = "the protocol deprecates log messages in 2026-07-28, and still has them"
)]
mod wire {
    use rmcp::model::{LoggingLevel, LoggingMessageNotificationParam};

    use super::{LogLevel, LogThreshold, RequestContext, RoleServer, Value};

    impl From<LoggingLevel> for LogLevel {
        fn from(level: LoggingLevel) -> Self {
            match level {
                LoggingLevel::Debug => Self::Debug,
                LoggingLevel::Info => Self::Info,
                LoggingLevel::Notice => Self::Notice,
                LoggingLevel::Warning => Self::Warning,
                LoggingLevel::Error => Self::Error,
                LoggingLevel::Critical => Self::Critical,
                LoggingLevel::Alert => Self::Alert,
                LoggingLevel::Emergency => Self::Emergency,
            }
        }
    }

    impl From<LogLevel> for LoggingLevel {
        fn from(level: LogLevel) -> Self {
            match level {
                LogLevel::Debug => Self::Debug,
                LogLevel::Info => Self::Info,
                LogLevel::Notice => Self::Notice,
                LogLevel::Warning => Self::Warning,
                LogLevel::Error => Self::Error,
                LogLevel::Critical => Self::Critical,
                LogLevel::Alert => Self::Alert,
                LogLevel::Emergency => Self::Emergency,
            }
        }
    }

    /// Returns whether the client of the request wants messages of this level.
    pub(super) fn is_wanted(request: &RequestContext<RoleServer>, level: LogLevel) -> bool {
        // 2026-07-28 has no sessions with a level: each request has its own, and a request
        // without one gets no messages (SEP-2575).
        if request.meta.protocol_version().is_some() {
            let asked = request.meta.log_level().map(LogLevel::from);
            return asked.is_some_and(|asked| level >= asked);
        }
        let threshold = request.extensions.get::<LogThreshold>();
        threshold.is_some_and(|threshold| threshold.allows(level))
    }

    pub(super) async fn send(request: &RequestContext<RoleServer>, level: LogLevel, data: Value) {
        let message = LoggingMessageNotificationParam::new(level.into(), data);
        if request.peer.notify_logging_message(message).await.is_err() {
            tracing::debug!(target: "toolgate::tool", "a log message was not delivered: the client has disconnected");
        }
    }
}

impl LogThreshold {
    /// Sets the level that the client requests with `logging/setLevel`.
    pub(crate) fn set(&self, level: impl Into<LogLevel>) {
        self.0.store(level.into() as u8, Ordering::Relaxed);
    }

    /// Sets the level whose number is stored with a session.
    pub(crate) fn set_number(&self, level: u8) {
        self.0.store(level, Ordering::Relaxed);
    }

    fn allows(&self, level: LogLevel) -> bool {
        level as u8 >= self.0.load(Ordering::Relaxed)
    }
}

/// Sends a message to the client, if the client wants messages of this level.
pub(super) async fn log(request: &RequestContext<RoleServer>, level: LogLevel, data: Value) {
    if wire::is_wanted(request, level) {
        wire::send(request, level, data).await;
    }
}
