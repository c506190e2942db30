//! The messages of OTLP (`opentelemetry-proto`, version 1), as far as spans need them.

use prost::Message;

use crate::span::{Span, SpanKind, Value};

/// The bits of `Span.flags` above those of W3C Trace Context: whether it is known that the parent
/// is in another process, and whether it is.
const REMOTE_IS_KNOWN: u32 = 0x100;
const IS_REMOTE: u32 = 0x200;

/// `Status.STATUS_CODE_ERROR`.
const STATUS_ERROR: i32 = 2;

#[derive(Clone, PartialEq, Message)]
struct ExportRequest {
    #[prost(message, repeated, tag = "1")]
    resource_spans: Vec<ResourceSpans>,
}

/// The answer of a collector.
#[derive(Clone, PartialEq, Message)]
struct ExportResponse {
    #[prost(message, optional, tag = "1")]
    partial_success: Option<PartialSuccess>,
}

#[derive(Clone, PartialEq, Message)]
struct PartialSuccess {
    #[prost(int64, tag = "1")]
    rejected_spans: i64,
}

#[derive(Clone, PartialEq, Message)]
struct ResourceSpans {
    #[prost(message, optional, tag = "1")]
    resource: Option<Resource>,
    #[prost(message, repeated, tag = "2")]
    scope_spans: Vec<ScopeSpans>,
}

#[derive(Clone, PartialEq, Message)]
struct Resource {
    #[prost(message, repeated, tag = "1")]
    attributes: Vec<KeyValue>,
}

#[derive(Clone, PartialEq, Message)]
struct ScopeSpans {
    #[prost(message, optional, tag = "1")]
    scope: Option<Scope>,
    #[prost(message, repeated, tag = "2")]
    spans: Vec<WireSpan>,
}

#[derive(Clone, PartialEq, Message)]
struct Scope {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "2")]
    version: String,
}

#[derive(Clone, PartialEq, Message)]
struct WireSpan {
    #[prost(bytes = "vec", tag = "1")]
    trace_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    span_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    parent_span_id: Vec<u8>,
    #[prost(string, tag = "5")]
    name: String,
    #[prost(int32, tag = "6")]
    kind: i32,
    #[prost(fixed64, tag = "7")]
    start_time_unix_nano: u64,
    #[prost(fixed64, tag = "8")]
    end_time_unix_nano: u64,
    #[prost(message, repeated, tag = "9")]
    attributes: Vec<KeyValue>,
    #[prost(message, optional, tag = "15")]
    status: Option<Status>,
    #[prost(fixed32, tag = "16")]
    flags: u32,
}

#[derive(Clone, PartialEq, Message)]
struct Status {
    #[prost(int32, tag = "3")]
    code: i32,
}

#[derive(Clone, PartialEq, Message)]
struct KeyValue {
    #[prost(string, tag = "1")]
    key: String,
    #[prost(message, optional, tag = "2")]
    value: Option<AnyValue>,
}

#[derive(Clone, PartialEq, Message)]
struct AnyValue {
    #[prost(oneof = "Any", tags = "1, 2, 3")]
    value: Option<Any>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum Any {
    #[prost(string, tag = "1")]
    Text(String),
    #[prost(bool, tag = "2")]
    Flag(bool),
    #[prost(int64, tag = "3")]
    Integer(i64),
}

/// Returns the body of a request for these spans.
pub(crate) fn request(resource: &[(String, String)], spans: Vec<Span>) -> Vec<u8> {
    let attribute = |(key, value): &(String, String)| KeyValue {
        key: key.clone(),
        value: Some(text(value.clone())),
    };
    let request = ExportRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(Resource {
                attributes: resource.iter().map(attribute).collect(),
            }),
            scope_spans: vec![ScopeSpans {
                scope: Some(Scope {
                    name: "toolgate".to_owned(),
                    version: env!("CARGO_PKG_VERSION").to_owned(),
                }),
                spans: spans.into_iter().map(wire_span).collect(),
            }],
        }],
    };
    request.encode_to_vec()
}

/// Returns how many spans a collector has rejected, by the body of its answer.
pub(crate) fn rejected(body: &[u8]) -> u64 {
    let response = ExportResponse::decode(body).unwrap_or_default();
    let partial = response.partial_success.unwrap_or_default();
    partial.rejected_spans.try_into().unwrap_or_default()
}

fn wire_span(span: Span) -> WireSpan {
    let [start, end] = span.times;
    let remote = match span.is_parent_remote {
        true => REMOTE_IS_KNOWN | IS_REMOTE,
        false => REMOTE_IS_KNOWN,
    };
    WireSpan {
        trace_id: span.context.trace.to_vec(),
        span_id: span.context.span.to_vec(),
        parent_span_id: span.parent.map(Vec::from).unwrap_or_default(),
        name: span.name.into_owned(),
        kind: match span.kind {
            SpanKind::Internal => 1,
            SpanKind::Server => 2,
            SpanKind::Client => 3,
        },
        start_time_unix_nano: start,
        end_time_unix_nano: end.max(start),
        attributes: span.attributes.into_iter().map(key_value).collect(),
        status: span.is_error.then_some(Status { code: STATUS_ERROR }),
        flags: u32::from(span.context.flags()) | remote,
    }
}

fn key_value((key, value): (&'static str, Value)) -> KeyValue {
    let value = match value {
        Value::Text(value) => text(value.into_owned()),
        Value::Integer(number) => AnyValue {
            value: Some(Any::Integer(number)),
        },
        Value::Flag(flag) => AnyValue {
            value: Some(Any::Flag(flag)),
        },
    };
    KeyValue {
        key: key.to_owned(),
        value: Some(value),
    }
}

fn text(text: String) -> AnyValue {
    AnyValue {
        value: Some(Any::Text(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partial_success_names_the_rejected_spans() {
        let response = ExportResponse {
            partial_success: Some(PartialSuccess { rejected_spans: 3 }),
        };
        assert_eq!(rejected(&response.encode_to_vec()), 3);
        assert_eq!(rejected(b""), 0);
        assert_eq!(rejected(b"no protobuf"), 0);
    }
}
