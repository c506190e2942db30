//! A request in its plain form, read in one pass.
//!
//! rmcp's reader has to find out which of some forty messages a body is: it keeps the body
//! in a buffer of its own, and tries one after another. Nearly all that arrives has one of
//! two forms, and those are read here, straight into what is judged and then run. What this
//! reader takes is a part of what rmcp's takes and means the same; whatever is odd about a
//! body, it is no plain one, and is left to rmcp's. Nothing is ever read by both.

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

use crate::operation::Operation;

/// A request that needs nothing of rmcp's machinery to be read.
#[derive(Debug, PartialEq)]
pub(super) struct FastMessage {
    pub(super) id: RequestId,
    pub(super) form: Revision,
    pub(super) asks: FastRequest,
}

/// Which revisions a request can be of.
#[derive(Debug, PartialEq)]
pub(super) enum Revision {
    /// 2026-07-28, as its `_meta` says.
    Current,
    /// Those that have sessions: its `_meta` says nothing, but where progress is to be told.
    Older { progress_token: Option<Value> },
}

/// What it asks for.
#[derive(Debug, PartialEq)]
pub(super) enum FastRequest {
    /// `tools/call`.
    Call { name: String, arguments: JsonObject },
    /// `tools/list`, from its beginning.
    List,
}

impl FastMessage {
    /// Reads a body; none when it is not in the plain form.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        // Looked at once as a whole, and not once more for each of its texts.
        let body = std::str::from_utf8(body).ok()?;
        let message: Message = serde_json::from_str(body).ok()?;
        let Params {
            name,
            arguments,
            meta,
        } = message.params;
        let asks = match (message.method, name, arguments) {
            (Method::Call, Some(name), arguments) => FastRequest::Call {
                name,
                arguments: arguments.unwrap_or_default(),
            },
            (Method::List, None, None) => FastRequest::List,
            (Method::Call, None, _) | (Method::List, _, _) => return None,
        };
        let Id(id) = message.id;
        let form = meta.map_or(
            Revision::Older {
                progress_token: None,
            },
            |Meta(form)| form,
        );
        Some(Self { id, form, asks })
    }

    /// The message that rmcp reads from the same body; none but for a call.
    pub(super) fn into_message(self) -> Option<ClientJsonRpcMessage> {
        let FastRequest::Call { name, arguments } = self.asks else {
            return None;
        };
        let params = CallToolRequestParams::new(name).with_arguments(arguments);
        let mut request = ClientRequest::CallToolRequest(CallToolRequest::new(params));
        if let Revision::Older {
            progress_token: Some(token),
        } = self.form
        {
            request
                .get_meta_mut()
                .insert(PROGRESS_TOKEN.to_owned(), token);
        }
        Some(ClientJsonRpcMessage::request(request, self.id))
    }

    /// The operation that it is.
    pub(super) fn operation(&self) -> Operation<'_> {
        match &self.asks {
            FastRequest::Call { name, .. } => Operation::CallTool(name),
            FastRequest::List => Operation::ListTools,
        }
    }

    /// Its method.
    pub(super) fn method(&self) -> &'static str {
        match self.asks {
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
    #[expect(dead_code, reason = "it is there to be right")]
    jsonrpc: JsonRpc,
    id: Id,
    method: Method,
    params: Params,
}

/// Of both methods; `requestState` and `inputResponses` are none of a plain call's.
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

struct Id(RequestId);

#[derive(Clone, Copy)]
enum Method {
    Call,
    List,
}

/// The members of `_meta` that make a request one of its revision. With them all others may
/// say anything, as a tool that goes this way is not told; without them there is one other.
struct Meta(Revision);

enum MetaName {
    Version,
    Capabilities,
    ProgressToken,
    Other,
}

/// `"2026-07-28"`.
struct Current;

/// Capabilities of a client that can be read.
struct Capabilities;

/// A value that has to be one, and is not kept. `serde::de::IgnoredAny` would pass over
/// texts and numbers that are none, which rmcp's reader refuses.
struct SkippedValue;

/// Reads a type from a text.
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

from_text!(Method, "a plain method", |text| match text {
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
                Ok(Id(RequestId::String(text.into())))
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
                while let Some(name) = members.next_key()? {
                    let is_repeated = match name {
                        MetaName::Version => version.replace(members.next_value()?).is_some(),
                        MetaName::Capabilities => {
                            capabilities.replace(members.next_value()?).is_some()
                        }
                        MetaName::ProgressToken => {
                            // Of two the last one counts, to rmcp as well.
                            progress_token = Some(members.next_value()?);
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
                    (Some(Current), Some(Capabilities)) => Ok(Meta(Revision::Current)),
                    (None, None) if !has_others => Ok(Meta(Revision::Older { progress_token })),
                    _ => Err(Error::custom("a member is missing")),
                }
            }
        }

        deserializer.deserialize_map(Members)
    }
}

/// What is there, and `null` is none.
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
        // Most clients have none, or a few; rmcp reads them in these two steps as well.
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
