//! [`IntoOutput`]: what the function of an item can return.

// The impls for plain types are marked `do_not_recommend`: the notes name these types, and the
// compiler would list those of all kinds.

use super::{CallError, InputRequired, IntoCallError, Kind, Reply};

/// What the function of an item of kind `K` can return.
///
/// | `K` | types |
/// |---|---|
/// | [`ToolKind`](crate::tool::ToolKind) | strings, numbers, `bool` and `()`; [`Json`](crate::Json) as structured content; rmcp's `ContentBlock`, `Vec<ContentBlock>`, `CallToolResult` and `CallToolResponse` |
/// | [`PromptKind`](crate::prompt::PromptKind) | strings, as one message of the user; rmcp's `PromptMessage`, `Vec<PromptMessage>`, `GetPromptResult` and `GetPromptResponse` |
/// | [`ResourceKind`](crate::resource::ResourceKind) | strings; `Vec<u8>` as a blob; [`Json`](crate::Json) as text; rmcp's `ResourceContents`, `Vec<ResourceContents>` and `ReadResourceResult`; an `Option` of these, where `None` means that there is no such resource |
///
/// A function can also return a `Result` with one of these types (its error: [`IntoCallError`]), or
/// a [`Reply`], which can ask the client for input (see [`Round`](crate::Round)).
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the result of a `{K}`",
    label = "not a result of a `{K}`",
    note = "a tool returns `String`, `toolgate::Json<T>` with `T: Serialize + JsonSchema`, rmcp content, or a `Result` of one of these; return a list as `Json<Vec<T>>`, and check that `Json` is not axum's",
    note = "a prompt returns `String`, `Vec<PromptMessage>`, rmcp's `GetPromptResult`, or a `Result` of one of these",
    note = "a resource returns `String`, `Vec<u8>`, `Json<T>` with `T: Serialize`, rmcp's contents, or an `Option` or a `Result` of one of these"
)]
pub trait IntoOutput<K: Kind> {
    /// Converts it to the output.
    ///
    /// # Errors
    ///
    /// Returns the error if it is one, or if it cannot be converted.
    fn into_output(self) -> Result<K::Output, K::Error>;

    /// Returns what a list publishes about values of this type.
    #[must_use]
    fn output_facts() -> K::OutputFacts {
        K::OutputFacts::default()
    }
}

impl<K: Kind, T: IntoOutput<K>, E: IntoCallError> IntoOutput<K> for Result<T, E> {
    fn into_output(self) -> Result<K::Output, K::Error> {
        self.map_err(IntoCallError::into_call_error)?.into_output()
    }

    fn output_facts() -> K::OutputFacts {
        T::output_facts()
    }
}

impl<K: Kind, T: IntoOutput<K>> IntoOutput<K> for Reply<T> {
    fn into_output(self) -> Result<K::Output, K::Error> {
        match self {
            Self::Done(value) => value.into_output(),
            Self::Ask(asked) => IntoOutput::<K>::into_output(*asked),
        }
    }

    fn output_facts() -> K::OutputFacts {
        T::output_facts()
    }
}

impl<K: Kind> IntoOutput<K> for InputRequired {
    fn into_output(self) -> Result<K::Output, K::Error> {
        Ok(self.close()?.into())
    }
}

/// Converts results of one type. Only a type that can be a result has one.
#[doc(hidden)]
pub struct Returns<K: Kind, T> {
    output: fn(T) -> Result<K::Output, K::Error>,
    facts: fn() -> K::OutputFacts,
}

impl<K: Kind, T> Clone for Returns<K, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K: Kind, T> Copy for Returns<K, T> {}

/// Returns the conversion for results of this type.
pub(crate) fn returns<K: Kind, T: IntoOutput<K>>() -> Returns<K, T> {
    Returns {
        output: T::into_output,
        facts: T::output_facts,
    }
}

impl<K: Kind, T> Returns<K, T> {
    /// Converts a result. The body of an item ends with it.
    ///
    /// # Errors
    ///
    /// Returns the error of the item.
    pub fn done(self, value: T) -> Result<K::Output, CallError> {
        (self.output)(value).map_err(Into::into)
    }

    /// Returns what a list publishes about results of this type.
    pub(crate) fn facts(self) -> K::OutputFacts {
        (self.facts)()
    }
}
