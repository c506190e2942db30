//! What a tool gives back.

use std::{borrow::Cow, sync::Arc};

use rmcp::{
    ErrorData,
    model::{CallToolResponse, CallToolResult, ContentBlock},
};
use schemars::{JsonSchema, Schema, generate::SchemaSettings};
use serde::Serialize;

use crate::item::{InputRequired, IntoToolError, Reply, ToolError};

/// How a call of a tool ended.
#[derive(Debug)]
pub struct ToolOutcome {
    response: CallToolResponse,
    causes: Option<String>,
    protocol_error: Option<Box<ErrorData>>,
}

impl ToolOutcome {
    /// An outcome of rmcp's own making.
    #[must_use]
    pub fn new(response: impl Into<CallToolResponse>) -> Self {
        Self {
            response: response.into(),
            causes: None,
            protocol_error: None,
        }
    }

    /// An outcome that is this content.
    #[must_use]
    pub fn content(content: Vec<ContentBlock>) -> Self {
        Self::new(CallToolResult::success(content))
    }

    /// A tool error (`isError: true`): the caller gets the text, the log the causes.
    #[must_use]
    pub fn failed(error: ToolError) -> Self {
        let text = ContentBlock::text(error.message());
        Self {
            response: CallToolResult::error(vec![text]).into(),
            causes: error.causes(),
            protocol_error: error.protocol_error().map(Box::new),
        }
    }

    /// Why it failed, fit for the log.
    pub(super) fn causes(&self) -> Option<&str> {
        self.causes.as_deref()
    }

    /// What the protocol says of it, where a failure is a result.
    pub(crate) fn into_response(self) -> CallToolResponse {
        self.response
    }

    /// The same by a revision that has an error of its own for what a client lacks.
    pub(crate) fn into_answer(self) -> Result<CallToolResponse, ErrorData> {
        match self.protocol_error {
            Some(error) => Err(*error),
            None => Ok(self.response),
        }
    }
}

/// What a tool can give back.
///
/// Texts, numbers and `bool` are text content; `()` is none. [`Json`] is structured
/// content. rmcp's [`ContentBlock`], [`CallToolResult`] and [`CallToolResponse`] are taken
/// as they are. `Result<T, E>` is `T`, or a tool error; see [`IntoToolError`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the result of a tool",
    label = "not the result of a tool",
    note = "return `String`, `Json<T>` with `T: Serialize + JsonSchema`, rmcp content, or a `Result` of one of these"
)]
pub trait IntoToolResult {
    /// The outcome that it is.
    fn into_tool_result(self) -> ToolOutcome;

    /// The schema of its structured content, if it has such; published as `outputSchema`.
    fn output_schema() -> Option<Schema> {
        None
    }
}

/// What makes an outcome of a result; see [`Slot`](super::Slot).
#[doc(hidden)]
pub struct Returns<T> {
    pub(super) schema: fn() -> Option<Schema>,
    outcome: fn(T) -> ToolOutcome,
}

impl<T> Clone for Returns<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Returns<T> {}

/// Has what makes an outcome of a result of this type.
#[doc(hidden)]
#[must_use]
pub fn returns<T: IntoToolResult>() -> Returns<T> {
    Returns {
        schema: T::output_schema,
        outcome: T::into_tool_result,
    }
}

impl<T> Returns<T> {
    /// Makes the outcome. A body of a tool ends with it, and that is a `Result`.
    ///
    /// # Errors
    ///
    /// None.
    pub fn done(self, value: T) -> Result<ToolOutcome, ToolError> {
        Ok((self.outcome)(value))
    }
}

/// Structured content, with its text for clients that read text only.
///
/// The schema of `T` is published as the tool's `outputSchema`. Give an object: clients
/// of revisions before 2026-07-28 get anything else as text alone.
///
/// ```
/// use schemars::JsonSchema;
/// use serde::Serialize;
/// use toolgate::{Json, mcp_tool};
///
/// #[derive(Serialize, JsonSchema)]
/// struct Weather {
///     /// Degrees Celsius.
///     temperature: f64,
/// }
///
/// /// The weather here.
/// #[mcp_tool(public, read_only)]
/// fn weather() -> Json<Weather> {
///     Json(Weather { temperature: 21.5 })
/// }
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Json<T>(pub T);

/// What [`Json`] can hold.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be structured content",
    label = "not serializable to JSON with a schema",
    note = "`Json<T>` needs `T: serde::Serialize + schemars::JsonSchema`: derive `Serialize` and `JsonSchema` for your own type"
)]
pub trait Structured: Serialize + JsonSchema {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + JsonSchema> Structured for T {}

impl<T: Structured> IntoToolResult for Json<T> {
    fn into_tool_result(self) -> ToolOutcome {
        match serde_json::to_value(self.0) {
            Ok(value) => ToolOutcome::new(CallToolResult::structured(value)),
            Err(fault) => ToolOutcome::failed(
                ToolError::new("the tool's result could not be written as JSON").with_source(fault),
            ),
        }
    }

    fn output_schema() -> Option<Schema> {
        let settings = SchemaSettings::draft2020_12()
            .for_serialize()
            .with(|settings| {
                settings.meta_schema = None;
                settings.inline_subschemas = true;
            });
        let mut schema = settings.into_generator().into_root_schema_for::<T>();
        // The type's Rust name means nothing to a client.
        schema.remove("title");
        Some(schema)
    }
}

impl<T: IntoToolResult, E: IntoToolError> IntoToolResult for Result<T, E> {
    fn into_tool_result(self) -> ToolOutcome {
        match self {
            Ok(value) => value.into_tool_result(),
            Err(error) => ToolOutcome::failed(error.into_tool_error()),
        }
    }

    fn output_schema() -> Option<Schema> {
        T::output_schema()
    }
}

impl IntoToolResult for InputRequired {
    fn into_tool_result(self) -> ToolOutcome {
        match self.close() {
            Ok(asked) => ToolOutcome::new(asked),
            Err(error) => ToolOutcome::failed(error),
        }
    }
}

impl<T: IntoToolResult> IntoToolResult for Reply<T> {
    fn into_tool_result(self) -> ToolOutcome {
        match self {
            Self::Done(result) => result.into_tool_result(),
            Self::Ask(asked) => asked.into_tool_result(),
        }
    }

    fn output_schema() -> Option<Schema> {
        T::output_schema()
    }
}

impl IntoToolResult for ToolOutcome {
    fn into_tool_result(self) -> ToolOutcome {
        self
    }
}

impl IntoToolResult for CallToolResponse {
    fn into_tool_result(self) -> ToolOutcome {
        ToolOutcome::new(self)
    }
}

impl IntoToolResult for CallToolResult {
    fn into_tool_result(self) -> ToolOutcome {
        ToolOutcome::new(self)
    }
}

impl IntoToolResult for Vec<ContentBlock> {
    fn into_tool_result(self) -> ToolOutcome {
        ToolOutcome::content(self)
    }
}

impl IntoToolResult for ContentBlock {
    fn into_tool_result(self) -> ToolOutcome {
        ToolOutcome::content(vec![self])
    }
}

impl IntoToolResult for () {
    fn into_tool_result(self) -> ToolOutcome {
        ToolOutcome::content(Vec::new())
    }
}

macro_rules! text {
    ($($kind:ty),*) => {
        $(impl IntoToolResult for $kind {
            fn into_tool_result(self) -> ToolOutcome {
                ToolOutcome::content(vec![ContentBlock::text(self.to_string())])
            }
        })*
    };
}

text!(
    &'static str,
    Box<str>,
    Arc<str>,
    Cow<'static, str>,
    char,
    bool,
    i8,
    i16,
    i32,
    i64,
    i128,
    isize,
    u8,
    u16,
    u32,
    u64,
    u128,
    usize,
    f32,
    f64
);

impl IntoToolResult for String {
    fn into_tool_result(self) -> ToolOutcome {
        ToolOutcome::content(vec![ContentBlock::text(self)])
    }
}
