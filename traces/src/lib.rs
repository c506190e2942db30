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
//! The messages of OTLP are written here and not by the SDK of OpenTelemetry: a queue that is full
//! must be counted, a setting that is wrong must stop the start, and a span of ours has a handful of
//! attributes.

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
