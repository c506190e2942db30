//! The audit log of toolgate: one JSON line for each decision of the gate and for each end of a
//! run, chained by a keyed hash, and the verification of such a file.
//!
//! Each line ends with an HMAC-SHA-256 over the whole line, which contains the HMAC of the line
//! before it. Without the key nobody can change, remove, reorder or insert a line unnoticed. With a
//! copy of the head from another place, the verification also finds the removal of the last lines.
//!
//! - [`AuditLog`] writes. It writes a record before its caller continues ([`AuditLog::decide`]), or
//!   the records of several callers together ([`AuditLog::decide_later`]). It does not synchronize
//!   the file with the disk: a record survives the end of the process, but a loss of power can
//!   remove it. Refusals that any client can cause without limit are counted, and the counts are
//!   written at most once a second.
//! - [`verify()`] reads, and shares only the format and the key with the writer.
//!
//! It takes the time as an argument, and does not depend on HTTP or MCP. The library `toolgate`
//! writes the log with it (feature `audit`), and the command `toolgate audit verify` reads it.
//!
//! ```
//! use toolgate_audit::{AuditKey, AuditLog, OnFailure, Settings, SharedBuffer, Subjects, verify};
//!
//! let key = AuditKey::new([7; 31].into_iter().chain([8]).collect::<Vec<_>>().try_into().unwrap()).unwrap();
//! let file = SharedBuffer::default();
//! let settings = Settings { on_failure: OnFailure::Refuse, subjects: Subjects::Plain };
//! let log = AuditLog::to_sink(Box::new(file.clone()), key.clone(), settings, 1_800_000_000).unwrap();
//! let head = log.head();
//! let checked = verify([("audit.log", &*file.contents())], &key, Some(head)).unwrap();
//! assert!(checked.findings.is_empty());
//! ```

mod chain;
mod event;
mod key;
mod line;
mod log;
mod once_per_second;
mod record;
mod refusals;
mod sink;
mod tail;
mod verify;

pub use chain::Head;
pub use event::{Decision, OperatorAction, RunEnd, UserDecision, Verdict};
pub use key::{AuditKey, KeyError};
pub use log::{AuditLog, Batch, NotWrittenError, OnFailure, OpenError, Settings, Status, Subjects};
pub use sink::{FileSink, SharedBuffer, Sink, StdoutSink};
pub use verify::{Finding, FindingKind, Verified, verify};
