//! The fast reader: a `tools/call` or a `tools/list` in its most common form, read in one pass.
//!
//! rmcp's reader has to find out which of some forty messages a body is: it buffers the body
//! and tries one message after another. This reader reads the two most common ones directly.
//! It accepts a subset of what rmcp's reader accepts, with the same meaning; every other body
//! is left to rmcp's reader.

use std::fmt;

use rmcp::model::{
    CallToolRequest, CallToolRequestParams, ClientCapabilities, ClientJsonRpcMessage,
    ClientRequest, GetMeta, JsonObject, RequestId,
};
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;

use super::message_limits;
use crate::{observer::trace_context::TRACEPARENT, operation::Operation};

/// A request that the fast reader has read.
#[derive(Debug, PartialEq)]
pub(super) struct FastMessage {
    pub(super) id: RequestId,
    pub(super) revision: Revision,
    pub(super) request: FastRequest,
    /// The trace of the request, as its `_meta` names it.
    pub(super) traceparent: Option<Box<str>>,
}

/// The revision of a request.
#[derive(Debug, PartialEq)]
pub(super) enum Revision {
    /// 2026-07-28, as its `_meta` says.
    Current,
    /// A revision that has sessions. Its `_meta` has at most a progress token.
    Older { progress_token: Option<Value> },
}

/// The method of a request with its parameters.
#[derive(Debug, PartialEq)]
pub(super) enum FastRequest {
    /// `tools/call`.
    Call { name: String, arguments: JsonObject },
    /// `tools/list` without a cursor.
    List,
}

impl FastMessage {
    /// Parses a body. Returns `None` if rmcp's reader has to read it.
    pub(super) fn parse(body: &[u8]) -> Option<Self> {
        // Validated once as a whole instead of once for each string.
        let body = std::str::from_utf8(body).ok()?;
        let message: Message = serde_json::from_str(body).ok()?;
        let Params {
            name,
            arguments,
            meta,
        } = message.params;
        let request = match (message.method, name, arguments) {
            (Method::Call, Some(name), arguments) => FastRequest::Call {
                name,
                arguments: arguments.unwrap_or_default(),
            },
            (Method::List, None, None) => FastRequest::List,
            (Method::Call, None, _) | (Method::List, _, _) => return None,
        };
        let Id(id) = message.id;
        let absent = Revision::Older {
            progress_token: None,
        };
        let Meta(revision, traceparent) = meta.unwrap_or(Meta(absent, None));
        Some(Self {
            id,
            revision,
            request,
            traceparent,
        })
    }

    /// Returns the message that rmcp reads from the same body, if it is a call.
    pub(super) fn into_message(self) -> Option<ClientJsonRpcMessage> {
        let FastRequest::Call { name, arguments } = self.request else {
            return None;
        };
        let params = CallToolRequestParams::new(name).with_arguments(arguments);
        let mut request = ClientRequest::CallToolRequest(CallToolRequest::new(params));
        if let Revision::Older {
            progress_token: Some(token),
        } = self.revision
        {
            request
                .get_meta_mut()
                .insert(PROGRESS_TOKEN.to_owned(), token);
        }
        Some(ClientJsonRpcMessage::request(request, self.id))
    }

    /// Returns the operation.
    pub(super) fn operation(&self) -> Operation<'_> {
        match &self.request {
            FastRequest::Call { name, .. } => Operation::CallTool(name),
            FastRequest::List => Operation::ListTools,
        }
    }

    /// Returns the method.
    pub(super) fn method(&self) -> &'static str {
        match self.request {
            FastRequest::Call { .. } => CALL,
            FastRequest::List => LIST,
        }
    }
}

const CALL: &str = "tools/call";
const LIST: &str = "tools/list";
const PROGRESS_TOKEN: &str = "progressToken";
/// The revision without sessions.
pub(super) const CURRENT: &str = "2026-07-28";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    #[expect(dead_code, reason = "only its value is validated")]
    jsonrpc: JsonRpc,
    id: Id,
    method: Method,
    params: Params,
}

/// The parameters of both methods. A call with `requestState` or `inputResponses` is left to
/// rmcp's reader.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    name: Option<String>,
    arguments: Option<JsonObject>,
    #[serde(default, rename = "_meta", deserialize_with = "some")]
    meta: Option<Meta>,
}

/// `"2.0"`.
struct JsonRpc;

/// An id that is short and breaks no log line.
struct Id(RequestId);

#[derive(Clone, Copy)]
enum Method {
    Call,
    List,
}

/// The members of `_meta` that name the revision. With them all other members are ignored,
/// because a tool on a fast path does not see them; without them only a progress token is
/// accepted.
struct Meta(Revision, Option<Box<str>>);

enum MetaName {
    Version,
    Capabilities,
    ProgressToken,
    Traceparent,
    Other,
}

/// `"2026-07-28"`.
struct Current;

/// Client capabilities that are valid.
struct Capabilities;

/// Parses any JSON value and discards it. `serde::de::IgnoredAny` would accept strings and
/// numbers that are not valid, which rmcp's reader refuses.
struct SkippedValue;

/// Deserializes a type from a string.
macro_rules! from_text {
    ($type:ident, $what:literal, $read:expr) => {
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Text;

                impl Visitor<'_> for Text {
                    type Value = $type;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($what)
                    }

                    fn visit_str<E: Error>(self, text: &str) -> Result<$type, E> {
                        let read: fn(&str) -> Option<$type> = $read;
                        read(text).ok_or_else(|| E::custom(concat!("not ", $what)))
                    }
                }

                deserializer.deserialize_str(Text)
            }
        }
    };
}

from_text!(JsonRpc, "the version of JSON-RPC", |text| {
    (text == "2.0").then_some(JsonRpc)
});

from_text!(Method, "a method of the fast reader", |text| match text {
    CALL => Some(Method::Call),
    LIST => Some(Method::List),
    _ => None,
});

from_text!(Current, "the current revision", |text| {
    (text == CURRENT).then_some(Current)
});

from_text!(MetaName, "a name", |text| Some(match text {
    "io.modelcontextprotocol/protocolVersion" => MetaName::Version,
    "io.modelcontextprotocol/clientCapabilities" => MetaName::Capabilities,
    PROGRESS_TOKEN => MetaName::ProgressToken,
    TRACEPARENT => MetaName::Traceparent,
    _ => MetaName::Other,
}));

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl Visitor<'_> for Either {
            type Value = Id;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number or a text")
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Id, E> {
                Ok(Id(RequestId::Number(number)))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Id, E> {
                let number = i64::try_from(number).map_err(E::custom)?;
                self.visit_i64(number)
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Id, E> {
                match message_limits::is_plain_text_id(text) {
                    true => Ok(Id(RequestId::String(text.into()))),
                    false => Err(E::custom("not an id that may be logged")),
                }
            }
        }

        deserializer.deserialize_any(Either)
    }
}

impl<'de> Deserialize<'de> for Meta {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Meta;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the _meta of a request")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Meta, A::Error> {
                let (mut version, mut capabilities) = (None, None);
                let (mut progress_token, mut has_others) = (None, false);
                let mut traceparent = None;
                while let Some(name) = members.next_key()? {
                    let is_repeated = match name {
                        MetaName::Version => version.replace(members.next_value()?).is_some(),
                        MetaName::Capabilities => {
                            capabilities.replace(members.next_value()?).is_some()
                        }
                        MetaName::ProgressToken => {
                            // The last of two counts, as in rmcp.
                            progress_token = Some(members.next_value()?);
                            false
                        }
                        MetaName::Traceparent => {
                            let value: Value = members.next_value()?;
                            traceparent = value.as_str().map(Into::into);
                            has_others = true;
                            false
                        }
                        MetaName::Other => {
                            let SkippedValue = members.next_value()?;
                            has_others = true;
                            false
                        }
                    };
                    if is_repeated {
                        return Err(Error::custom("a member is named twice"));
                    }
                }
                match (version, capabilities) {
                    (Some(Current), Some(Capabilities)) => Ok(Meta(Revision::Current, traceparent)),
                    (None, None) if !has_others => {
                        Ok(Meta(Revision::Older { progress_token }, None))
                    }
                    _ => Err(Error::custom("a member is missing")),
                }
            }
        }

        deserializer.deserialize_map(Members)
    }
}

/// Deserializes a member that may be missing, but not `null`.
fn some<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

impl<'de> Deserialize<'de> for Capabilities {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let members = JsonObject::deserialize(deserializer)?;
        // Most clients declare none or a few. rmcp reads them in the same two steps.
        if !members.is_empty() {
            serde_json::from_value::<ClientCapabilities>(Value::Object(members))
                .map_err(Error::custom)?;
        }
        Ok(Self)
    }
}

impl<'de> Deserialize<'de> for SkippedValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for SkippedValue {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self, A::Error> {
        while items.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self, A::Error> {
        while members.next_entry::<Self, Self>()?.is_some() {}
        Ok(self)
    }
}

#[cfg(test)]
mod tests;
