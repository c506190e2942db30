//! [`Json`]: a result that is sent as JSON.

/// A result that is sent as JSON: structured content of a tool, with its text for clients that
/// read text only, or the text of a resource.
///
/// A tool publishes the schema of `T` as its `outputSchema`. Use an object for `T`: clients of
/// revisions before 2026-07-28 get any other value as text only.
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
