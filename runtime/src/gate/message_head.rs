//! The beginning of a message, read from its first bytes for a refusal.
//!
//! Without a valid token 64 KiB of a body are read: enough for the id, the method and the name,
//! so that the 401 names the scopes of the requested item. This reader keeps these few texts,
//! skips everything else without unpacking it, and accepts a truncated body. **It permits
//! nothing**: a request that may run without a token is read again, as a whole, by the reader
//! whose result then runs.

use std::fmt;

use rmcp::model::RequestId;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::operation::Operation;

use super::{
    fast_message::CURRENT, message_limits::LONGEST_ID, response_envelope::ResponseEnvelope,
};

/// The longest name or URI that is kept, in bytes. No offered item has a longer one.
const LONGEST_NAME: usize = 8 * 1024;

/// The maximum number of URIs of a `subscriptions/listen` that are kept, to name their scopes.
const MOST_URIS: usize = 1024;

/// The beginning of a message, as far as it could be read.
#[derive(Debug, Default, PartialEq)]
pub(super) struct MessageHead {
    id: Option<RequestId>,
    method: Option<String>,
    /// Whether any of several members `method` is `initialize`.
    is_initialize: bool,
    is_response: bool,
    name: Option<String>,
    uri: Option<String>,
    /// The prompt of a completion.
    completed_prompt: Option<String>,
    /// The template of a completion.
    completed_template: Option<String>,
    listened: Vec<String>,
    /// Whether `_meta` names 2026-07-28.
    is_stateless: bool,
}

impl MessageHead {
    /// Reads the first bytes of a body, up to the first byte that is not JSON.
    pub(super) fn read(bytes: &[u8]) -> Self {
        let mut head = Self::default();
        let mut deserializer = serde_json::Deserializer::from_slice(bytes);
        // The error states where the text ends or is invalid. What was read before counts.
        let message = At(Place::Message, &mut head);
        let _ = message.deserialize(&mut deserializer);
        head
    }

    /// Returns the operation, or `None` if it cannot be read.
    pub(super) fn operation(&self) -> Option<Operation<'_>> {
        let Some(method) = self.method.as_deref() else {
            return self.is_response.then_some(Operation::Reply);
        };
        // Without a name, the operation is on an item that is not offered.
        let [name, uri, prompt] = [&self.name, &self.uri, &self.completed_prompt]
            .map(|text| text.as_deref().unwrap_or_default());
        Some(match method {
            "initialize" => Operation::Initialize,
            "server/discover" => Operation::Discover,
            "ping" => Operation::Ping,
            "logging/setLevel" => Operation::SetLevel,
            "tools/list" => Operation::ListTools,
            "tools/call" => Operation::CallTool(name),
            "prompts/list" => Operation::ListPrompts,
            "prompts/get" => Operation::GetPrompt(name),
            "resources/list" => Operation::ListResources,
            "resources/templates/list" => Operation::ListResourceTemplates,
            "resources/read" => Operation::ReadResource(uri),
            "resources/subscribe" => Operation::Subscribe(uri),
            "resources/unsubscribe" => Operation::Unsubscribe(uri),
            "completion/complete" => match self.completed_template.as_deref() {
                Some(template) => Operation::CompleteResource(template),
                None => Operation::CompletePrompt(prompt),
            },
            "subscriptions/listen" => Operation::Listen(&self.listened),
            _ if self.id.is_none() && method.starts_with("notifications/") => Operation::Notify,
            unknown => Operation::Unruled(unknown),
        })
    }

    /// Returns whether a reader could read it as an `initialize`.
    pub(super) fn is_initialize(&self) -> bool {
        self.is_initialize
    }

    /// Returns the parts that an answer repeats.
    pub(super) fn response_envelope(&self) -> ResponseEnvelope {
        ResponseEnvelope {
            id: self.id.clone(),
            is_call: self.method.as_deref() == Some("tools/call"),
            marks_complete: self.is_stateless,
        }
    }
}

/// The position of a value in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Message,
    Id,
    Method,
    Response,
    Params,
    Name,
    Uri,
    Reference,
    ReferenceName,
    ReferenceUri,
    Meta,
    Revision,
    Notifications,
    ListenedUris,
    ListenedUri,
    /// A position whose value is skipped.
    Elsewhere,
}

impl Place {
    /// Returns the position of a member of the object at this position.
    fn member(self, name: &str) -> Self {
        match (self, name) {
            (Self::Message, "id") => Self::Id,
            (Self::Message, "method") => Self::Method,
            (Self::Message, "result" | "error") => Self::Response,
            (Self::Message, "params") => Self::Params,
            (Self::Params, "name") => Self::Name,
            (Self::Params, "uri") => Self::Uri,
            (Self::Params, "ref") => Self::Reference,
            (Self::Params, "_meta") => Self::Meta,
            (Self::Params, "notifications") => Self::Notifications,
            (Self::Reference, "name") => Self::ReferenceName,
            (Self::Reference, "uri") => Self::ReferenceUri,
            (Self::Meta, "io.modelcontextprotocol/protocolVersion") => Self::Revision,
            (Self::Notifications, "resourceSubscriptions") => Self::ListenedUris,
            _ => Self::Elsewhere,
        }
    }
}

/// Reads the value at a position into a head, or skips it.
struct At<'h>(Place, &'h mut MessageHead);

impl<'de> DeserializeSeed<'de> for At<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        match self.0 {
            Place::Elsewhere => deserializer.deserialize_ignored_any(IgnoredAny).map(drop),
            _ => deserializer.deserialize_any(self),
        }
    }
}

impl<'de> Visitor<'de> for At<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let Self(place, head) = self;
        head.is_response |= place == Place::Response;
        while let Some(member) = members.next_key_seed(MemberOf(place))? {
            members.next_value_seed(At(member, head))?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let Self(place, head) = self;
        let item = match place {
            Place::ListenedUris => Place::ListenedUri,
            _ => Place::Elsewhere,
        };
        while items.next_element_seed(At(item, head))?.is_some() {}
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        let Self(place, head) = self;
        let kept = || (text.len() <= LONGEST_NAME).then(|| text.to_owned());
        match place {
            Place::Id if text.len() <= LONGEST_ID => {
                head.id = Some(RequestId::String(text.into()));
            }
            Place::Method => {
                head.is_initialize |= text == "initialize";
                head.method = kept();
            }
            Place::Name => head.name = kept(),
            Place::Uri => head.uri = kept(),
            Place::ReferenceName => head.completed_prompt = kept(),
            Place::ReferenceUri => head.completed_template = kept(),
            Place::Revision => head.is_stateless = text == CURRENT,
            Place::ListenedUri if head.listened.len() < MOST_URIS => head.listened.extend(kept()),
            _ => {}
        }
        Ok(())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<(), E> {
        if self.0 == Place::Id {
            self.1.id = Some(RequestId::Number(number));
        }
        Ok(())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        match i64::try_from(number) {
            Ok(number) => self.visit_i64(number),
            Err(_) => Ok(()),
        }
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }
}

/// Reads the name of a member as the position of its value.
struct MemberOf(Place);

impl<'de> DeserializeSeed<'de> for MemberOf {
    type Value = Place;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Place, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for MemberOf {
    type Value = Place;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a member")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Place, E> {
        Ok(self.0.member(name))
    }
}

#[cfg(test)]
mod tests;
