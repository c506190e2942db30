//! The traces of toolgate: the spans of each request, sent to a collector with OTLP over HTTP
//! (`http/protobuf`).
//!
//! This crate is an optional part of `toolgate`, for the feature `traces`. Its interface is for the
//! runtime of the same version only.
//!
//! - [`TraceSettings`]: the standard variables of OpenTelemetry
//! - [`Exporter`]: a bounded queue, and the task that sends it
//! - [`RequestSpans`]: the spans of one request, by the semantic conventions for HTTP, MCP and
//!   generative AI
//! - [`SpanContext`]: W3C Trace Context
//!
//! This crate and not the SDK of OpenTelemetry writes the messages of OTLP: the exporter must count
//! the spans that it drops, an invalid setting must be an error at start-up, and these spans have
//! few attributes.

mod collector;
mod exporter;
mod otlp;
mod request_spans;
mod sampler;
mod server_place;
mod settings;
mod span;
mod span_context;

pub use exporter::{ExportCounts, Exporter};
pub use request_spans::{
    RequestDecision, RequestHead, RequestSpans, UpstreamRequest, Verification,
};
pub use server_place::ServerPlace;
pub use settings::{NAMES, SECRET_NAMES, SettingError, TraceSettings};
pub use span_context::SpanContext;
