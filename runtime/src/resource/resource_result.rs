//! What a resource can return.

use std::{borrow::Cow, sync::Arc};

use base64::{Engine, prelude::BASE64_STANDARD};
use rmcp::model::{
    CacheScope, InputRequiredResult, ReadResourceResponse, ReadResourceResult, ResourceContents,
};
use serde::Serialize;

use super::{ResourceError, ResourceKind};
use crate::item::{IntoOutput, Json};

const TEXT: &str = "text/plain";
const JSON: &str = "application/json";

/// The contents of a resource, before its URI and its media type are added.
#[derive(Debug, Clone)]
pub struct ResourceOutcome(Contents);

#[derive(Debug, Clone)]
enum Contents {
    /// Text, with the media type that it has if the attribute declares none.
    Text(String, &'static str),
    Bytes(Vec<u8>),
    /// A complete result.
    Complete(ReadResourceResult),
    /// No contents yet: the client is asked for input first.
    Asked(InputRequiredResult),
}

impl ResourceOutcome {
    /// Creates text contents.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self(Contents::Text(text.into(), TEXT))
    }

    /// Creates a blob, which is sent as base64.
    #[must_use]
    pub fn bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self(Contents::Bytes(bytes.into()))
    }

    /// Creates an outcome from a result of rmcp's, which has its own URIs and media types.
    #[must_use]
    pub fn new(result: ReadResourceResult) -> Self {
        Self(Contents::Complete(result))
    }

    /// Returns the response for the requested URI.
    pub(super) fn finish(self, uri: &str, mime_type: Option<&str>) -> ReadResourceResponse {
        let mut result = match self.0 {
            Contents::Text(text, otherwise) => {
                let mime_type = mime_type.unwrap_or(otherwise);
                let contents = ResourceContents::text(text, uri).with_mime_type(mime_type);
                ReadResourceResult::new(vec![contents])
            }
            Contents::Bytes(bytes) => {
                let contents = ResourceContents::blob(BASE64_STANDARD.encode(bytes), uri);
                let contents = match mime_type {
                    Some(mime_type) => contents.with_mime_type(mime_type),
                    None => contents,
                };
                ReadResourceResult::new(vec![contents])
            }
            Contents::Complete(result) => result,
            Contents::Asked(asked) => return asked.into(),
        };
        // The contents can depend on the caller and can change. Without other settings of the
        // author's, no cache may store them for later or for others.
        result.ttl_ms.get_or_insert(0);
        result.cache_scope.get_or_insert(CacheScope::Private);
        result.into()
    }
}

impl From<InputRequiredResult> for ResourceOutcome {
    fn from(asked: InputRequiredResult) -> Self {
        Self(Contents::Asked(asked))
    }
}

macro_rules! text {
    ($($kind:ty),*) => {
        $(#[diagnostic::do_not_recommend]
        impl IntoOutput<ResourceKind> for $kind {
            fn into_output(self) -> Result<ResourceOutcome, ResourceError> {
                Ok(ResourceOutcome::text(self))
            }

            fn output_facts() -> Option<&'static str> {
                Some(TEXT)
            }
        })*
    };
}

text!(String, &'static str, Box<str>, Cow<'static, str>);

#[diagnostic::do_not_recommend]
impl IntoOutput<ResourceKind> for Arc<str> {
    fn into_output(self) -> Result<ResourceOutcome, ResourceError> {
        Ok(ResourceOutcome::text(&*self))
    }

    fn output_facts() -> Option<&'static str> {
        Some(TEXT)
    }
}

#[diagnostic::do_not_recommend]
impl IntoOutput<ResourceKind> for Vec<u8> {
    fn into_output(self) -> Result<ResourceOutcome, ResourceError> {
        Ok(ResourceOutcome::bytes(self))
    }
}

impl<T: Serialize> IntoOutput<ResourceKind> for Json<T> {
    fn into_output(self) -> Result<ResourceOutcome, ResourceError> {
        match serde_json::to_string(&self.0) {
            Ok(text) => Ok(ResourceOutcome(Contents::Text(text, JSON))),
            Err(fault) => Err(
                ResourceError::new("the resource could not be written as JSON").with_source(fault),
            ),
        }
    }

    fn output_facts() -> Option<&'static str> {
        Some(JSON)
    }
}

#[diagnostic::do_not_recommend]
impl IntoOutput<ResourceKind> for ResourceOutcome {
    fn into_output(self) -> Result<ResourceOutcome, ResourceError> {
        Ok(self)
    }
}

#[diagnostic::do_not_recommend]
impl IntoOutput<ResourceKind> for ReadResourceResult {
    fn into_output(self) -> Result<ResourceOutcome, ResourceError> {
        Ok(ResourceOutcome::new(self))
    }
}

#[diagnostic::do_not_recommend]
impl IntoOutput<ResourceKind> for Vec<ResourceContents> {
    fn into_output(self) -> Result<ResourceOutcome, ResourceError> {
        ReadResourceResult::new(self).into_output()
    }
}

#[diagnostic::do_not_recommend]
impl IntoOutput<ResourceKind> for ResourceContents {
    fn into_output(self) -> Result<ResourceOutcome, ResourceError> {
        vec![self].into_output()
    }
}

impl<T: IntoOutput<ResourceKind>> IntoOutput<ResourceKind> for Option<T> {
    fn into_output(self) -> Result<ResourceOutcome, ResourceError> {
        self.ok_or_else(ResourceError::not_found)?.into_output()
    }

    fn output_facts() -> Option<&'static str> {
        T::output_facts()
    }
}
