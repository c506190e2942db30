//! What a resource gives back.

use std::{borrow::Cow, sync::Arc};

use base64::{Engine, prelude::BASE64_STANDARD};
use rmcp::model::{
    CacheScope, InputRequiredResult, ReadResourceResponse, ReadResourceResult, ResourceContents,
};
use serde::Serialize;

use super::{IntoResourceError, ResourceError};
use crate::{
    item::{InputRequired, Reply},
    text_argument::Failure,
    tool::Json,
};

const TEXT: &str = "text/plain";
const JSON: &str = "application/json";

/// What was read.
#[derive(Debug, Clone)]
pub struct ResourceOutcome(Kind);

#[derive(Debug, Clone)]
enum Kind {
    /// A text, of this media type where the attribute states none.
    Text(String, &'static str),
    Bytes(Vec<u8>),
    /// Of rmcp's making.
    Made(ReadResourceResult),
    /// Nothing yet: its reader is asked something first.
    Asked(InputRequiredResult),
}

impl ResourceOutcome {
    /// A text.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self(Kind::Text(text.into(), TEXT))
    }

    /// Bytes, which travel as base64.
    #[must_use]
    pub fn bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self(Kind::Bytes(bytes.into()))
    }

    /// An outcome of rmcp's own making, with URIs and media types of its own.
    #[must_use]
    pub fn new(result: ReadResourceResult) -> Self {
        Self(Kind::Made(result))
    }

    /// What the protocol says of it, for the URI that was asked for.
    pub(super) fn finish(self, uri: &str, mime_type: Option<&str>) -> ReadResourceResponse {
        let mut result = match self.0 {
            Kind::Text(text, otherwise) => {
                let mime_type = mime_type.unwrap_or(otherwise);
                let contents = ResourceContents::text(text, uri).with_mime_type(mime_type);
                ReadResourceResult::new(vec![contents])
            }
            Kind::Bytes(bytes) => {
                let contents = ResourceContents::blob(BASE64_STANDARD.encode(bytes), uri);
                let contents = match mime_type {
                    Some(mime_type) => contents.with_mime_type(mime_type),
                    None => contents,
                };
                ReadResourceResult::new(vec![contents])
            }
            Kind::Made(result) => result,
            Kind::Asked(asked) => return asked.into(),
        };
        // What was read may depend on who reads, and may change: nobody keeps it for
        // others, or for later, unless its author says so.
        result.ttl_ms.get_or_insert(0);
        result.cache_scope.get_or_insert(CacheScope::Private);
        result.into()
    }
}

/// What a resource can give back.
///
/// Texts are text contents, `Vec<u8>` is a blob, [`Json`] a text of its JSON. rmcp's
/// [`ResourceContents`], several of them, and [`ReadResourceResult`] are taken as they are.
/// [`Reply`] is its contents, or what it asks for first; see [`Round`](crate::Round).
/// `Option<T>` is `T`, or not found. `Result<T, E>` is `T`, or an error; see
/// [`IntoResourceError`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the result of a resource",
    label = "not the contents of a resource",
    note = "return `String`, `Vec<u8>`, `Json<T>` with `T: Serialize`, rmcp's contents, or an `Option` or a `Result` of one of these"
)]
pub trait IntoResourceResult {
    /// The outcome that it is.
    ///
    /// # Errors
    ///
    /// When there is nothing to give.
    fn into_resource_result(self) -> Result<ResourceOutcome, ResourceError>;

    /// Its media type, if every value of this type has the same.
    #[must_use]
    fn mime_type() -> Option<&'static str> {
        None
    }
}

/// What makes an outcome of a result. To have one is to have shown that its type can be one.
#[doc(hidden)]
pub struct Contents<T> {
    pub(super) mime_type: Option<&'static str>,
    outcome: fn(T) -> Result<ResourceOutcome, ResourceError>,
}

impl<T> Clone for Contents<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Contents<T> {}

/// Has what makes an outcome of a result of this type.
#[doc(hidden)]
#[must_use]
pub fn contents<T: IntoResourceResult>() -> Contents<T> {
    Contents {
        mime_type: T::mime_type(),
        outcome: T::into_resource_result,
    }
}

impl<T> Contents<T> {
    /// Makes the outcome. The body of a resource ends with it.
    ///
    /// # Errors
    ///
    /// When there is nothing to give.
    pub fn done(self, value: T) -> Result<ResourceOutcome, Failure> {
        Ok((self.outcome)(value)?)
    }
}

macro_rules! text {
    ($($kind:ty),*) => {
        $(impl IntoResourceResult for $kind {
            fn into_resource_result(self) -> Result<ResourceOutcome, ResourceError> {
                Ok(ResourceOutcome::text(self))
            }

            fn mime_type() -> Option<&'static str> {
                Some(TEXT)
            }
        })*
    };
}

text!(String, &'static str, Box<str>, Cow<'static, str>);

impl IntoResourceResult for Arc<str> {
    fn into_resource_result(self) -> Result<ResourceOutcome, ResourceError> {
        Ok(ResourceOutcome::text(&*self))
    }

    fn mime_type() -> Option<&'static str> {
        Some(TEXT)
    }
}

impl IntoResourceResult for Vec<u8> {
    fn into_resource_result(self) -> Result<ResourceOutcome, ResourceError> {
        Ok(ResourceOutcome::bytes(self))
    }
}

impl<T: Serialize> IntoResourceResult for Json<T> {
    fn into_resource_result(self) -> Result<ResourceOutcome, ResourceError> {
        match serde_json::to_string(&self.0) {
            Ok(text) => Ok(ResourceOutcome(Kind::Text(text, JSON))),
            Err(fault) => Err(
                ResourceError::new("the resource could not be written as JSON").with_source(fault),
            ),
        }
    }

    fn mime_type() -> Option<&'static str> {
        Some(JSON)
    }
}

impl IntoResourceResult for ResourceOutcome {
    fn into_resource_result(self) -> Result<ResourceOutcome, ResourceError> {
        Ok(self)
    }
}

impl IntoResourceResult for InputRequired {
    fn into_resource_result(self) -> Result<ResourceOutcome, ResourceError> {
        Ok(ResourceOutcome(Kind::Asked(self.close()?)))
    }
}

impl<T: IntoResourceResult> IntoResourceResult for Reply<T> {
    fn into_resource_result(self) -> Result<ResourceOutcome, ResourceError> {
        match self {
            Self::Done(contents) => contents.into_resource_result(),
            Self::Ask(asked) => asked.into_resource_result(),
        }
    }

    fn mime_type() -> Option<&'static str> {
        T::mime_type()
    }
}

impl IntoResourceResult for ReadResourceResult {
    fn into_resource_result(self) -> Result<ResourceOutcome, ResourceError> {
        Ok(ResourceOutcome::new(self))
    }
}

impl IntoResourceResult for Vec<ResourceContents> {
    fn into_resource_result(self) -> Result<ResourceOutcome, ResourceError> {
        ReadResourceResult::new(self).into_resource_result()
    }
}

impl IntoResourceResult for ResourceContents {
    fn into_resource_result(self) -> Result<ResourceOutcome, ResourceError> {
        vec![self].into_resource_result()
    }
}

impl<T: IntoResourceResult> IntoResourceResult for Option<T> {
    fn into_resource_result(self) -> Result<ResourceOutcome, ResourceError> {
        self.ok_or_else(ResourceError::not_found)?
            .into_resource_result()
    }

    fn mime_type() -> Option<&'static str> {
        T::mime_type()
    }
}

impl<T: IntoResourceResult, E: IntoResourceError> IntoResourceResult for Result<T, E> {
    fn into_resource_result(self) -> Result<ResourceOutcome, ResourceError> {
        self.map_err(IntoResourceError::into_resource_error)?
            .into_resource_result()
    }

    fn mime_type() -> Option<&'static str> {
        T::mime_type()
    }
}
