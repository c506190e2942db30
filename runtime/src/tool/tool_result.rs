//! What a tool can return, and how large it can be. A result that no client can take costs the
//! memory of the server, and the client's model never sees it.

use std::{
    borrow::Cow,
    io::{self, Write},
    sync::Arc,
};

use rmcp::model::{CallToolResponse, CallToolResult, ContentBlock};
use schemars::{JsonSchema, Schema, generate::SchemaSettings};
use serde::Serialize;

use super::ToolKind;
use crate::item::{CallError, IntoOutput, Json, ToolError};

/// What [`Json`] can hold as the result of a tool.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be structured content",
    label = "not serializable to JSON with a schema",
    note = "`Json<T>` needs `serde::Serialize` and `JsonSchema` of schemars 1: derive `Serialize` and `JsonSchema` for your own type; another major version of schemars has a trait of the same name, and `toolgate::schemars` is the right one"
)]
pub trait Structured: Serialize + JsonSchema {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + JsonSchema> Structured for T {}

impl<T: Structured> IntoOutput<ToolKind> for Json<T> {
    fn into_output(self) -> Result<CallToolResponse, ToolError> {
        let value = serde_json::to_value(self.0).map_err(|error| {
            ToolError::new("the tool's result could not be written as JSON").with_source(error)
        })?;
        Ok(CallToolResult::structured(value).into())
    }

    fn output_facts() -> Option<Schema> {
        let settings = SchemaSettings::draft2020_12()
            .for_serialize()
            .with(|settings| {
                settings.meta_schema = None;
                settings.inline_subschemas = true;
            });
        let mut schema = settings.into_generator().into_root_schema_for::<T>();
        // The Rust name of the type means nothing to a client.
        schema.remove("title");
        Some(schema)
    }
}

#[diagnostic::do_not_recommend]
impl IntoOutput<ToolKind> for CallToolResponse {
    fn into_output(self) -> Result<CallToolResponse, ToolError> {
        Ok(self)
    }
}

#[diagnostic::do_not_recommend]
impl IntoOutput<ToolKind> for CallToolResult {
    fn into_output(self) -> Result<CallToolResponse, ToolError> {
        Ok(self.into())
    }
}

#[diagnostic::do_not_recommend]
impl IntoOutput<ToolKind> for Vec<ContentBlock> {
    fn into_output(self) -> Result<CallToolResponse, ToolError> {
        Ok(CallToolResult::success(self).into())
    }
}

#[diagnostic::do_not_recommend]
impl IntoOutput<ToolKind> for ContentBlock {
    fn into_output(self) -> Result<CallToolResponse, ToolError> {
        vec![self].into_output()
    }
}

#[diagnostic::do_not_recommend]
impl IntoOutput<ToolKind> for () {
    fn into_output(self) -> Result<CallToolResponse, ToolError> {
        Vec::<ContentBlock>::new().into_output()
    }
}

// One type for each invocation, because errors of the compiler print the invocation.
macro_rules! text {
    ($kind:ty) => {
        #[diagnostic::do_not_recommend]
        impl IntoOutput<ToolKind> for $kind {
            fn into_output(self) -> Result<CallToolResponse, ToolError> {
                ContentBlock::text(self.to_string()).into_output()
            }
        }
    };
}

text!(&'static str);
text!(Box<str>);
text!(Arc<str>);
text!(Cow<'static, str>);
text!(char);
text!(bool);
text!(i8);
text!(i16);
text!(i32);
text!(i64);
text!(i128);
text!(isize);
text!(u8);
text!(u16);
text!(u32);
text!(u64);
text!(u128);
text!(usize);
text!(f32);
text!(f64);

#[diagnostic::do_not_recommend]
impl IntoOutput<ToolKind> for String {
    fn into_output(self) -> Result<CallToolResponse, ToolError> {
        ContentBlock::text(self).into_output()
    }
}

/// How many bytes a result has at most by default. This is also the default for a request.
pub(crate) const DEFAULT_RESULT_SIZE: usize = 4 * 1024 * 1024;

/// Returns the end of a call, or an error if its result has more than `most` bytes as JSON.
pub(super) fn bound(
    tool: &'static str,
    end: Result<CallToolResponse, CallError>,
    most: usize,
) -> Result<CallToolResponse, CallError> {
    let is_too_large = match &end {
        Ok(CallToolResponse::Complete(result)) => {
            estimate(result).is_none_or(|size| size > most)
                && serde_json::to_writer(Room(most), result).is_err()
        }
        // A request for input has text of the author, and a state with a limit of its own.
        Ok(_) => false,
        Err(error) => error.message().len() > most,
    };
    if !is_too_large {
        return end;
    }
    tracing::warn!(target: "toolgate::tool", tool, most, "a result was not sent: it has too many bytes");
    Err(CallError::failed(format!(
        "the result of this tool has more than {most} bytes, which this server does not send: ask for less, such as fewer entries or a narrower filter"
    )))
}

/// Returns an upper limit of a result's size, without the cost of writing it. `None` if it holds
/// something other than plain text.
fn estimate(result: &CallToolResult) -> Option<usize> {
    if result.structured_content.is_some() || result.meta.is_some() {
        return None;
    }
    let sizes = result.content.iter().map(|block| match block {
        // An escape such as `\u0001` has six bytes for one.
        ContentBlock::Text(text) if text.annotations.is_none() && text.meta.is_none() => {
            Some(64 + 6 * text.text.len())
        }
        _ => None,
    });
    sizes.sum::<Option<usize>>().map(|size| size + 256)
}

/// Accepts this many bytes.
struct Room(usize);

impl Write for Room {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self
            .0
            .checked_sub(bytes.len())
            .ok_or(io::ErrorKind::FileTooLarge)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
