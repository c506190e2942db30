//! What a prompt gives back.

use std::{borrow::Cow, sync::Arc};

use rmcp::model::{GetPromptResponse, GetPromptResult, PromptMessage, Role};

use crate::{
    item::{InputRequired, IntoToolError, Reply, ToolError},
    text_argument::Failure,
};

/// What a prompt can give back.
///
/// A text is one message of the user's. rmcp's [`PromptMessage`], several of them, and
/// [`GetPromptResult`] and [`GetPromptResponse`] are taken as they are. [`Reply`] is its
/// messages, or what it asks for first; see [`Round`](crate::Round). `Result<T, E>` is `T`,
/// or an error that is told by its `Display`; see [`IntoToolError`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the result of a prompt",
    label = "not the messages of a prompt",
    note = "return `String`, `Vec<PromptMessage>`, rmcp's `GetPromptResult`, or a `Result` of one of these"
)]
pub trait IntoPromptResult {
    /// The messages that it is.
    ///
    /// # Errors
    ///
    /// When there are none to give.
    fn into_prompt_result(self) -> Result<GetPromptResponse, ToolError>;
}

/// What makes messages of a result. To have one is to have shown that its type can be some.
#[doc(hidden)]
pub struct Messages<T> {
    make: fn(T) -> Result<GetPromptResponse, ToolError>,
}

impl<T> Clone for Messages<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Messages<T> {}

/// Has what makes messages of a result of this type.
#[doc(hidden)]
#[must_use]
pub fn messages<T: IntoPromptResult>() -> Messages<T> {
    Messages {
        make: T::into_prompt_result,
    }
}

impl<T> Messages<T> {
    /// Makes the messages. The body of a prompt ends with it.
    ///
    /// # Errors
    ///
    /// When there are none to give.
    pub fn done(self, value: T) -> Result<GetPromptResponse, Failure> {
        Ok((self.make)(value)?)
    }
}

macro_rules! text {
    ($($kind:ty),*) => {
        $(impl IntoPromptResult for $kind {
            fn into_prompt_result(self) -> Result<GetPromptResponse, ToolError> {
                PromptMessage::new_text(Role::User, self).into_prompt_result()
            }
        })*
    };
}

text!(String, &'static str, Box<str>, Cow<'static, str>);

impl IntoPromptResult for Arc<str> {
    fn into_prompt_result(self) -> Result<GetPromptResponse, ToolError> {
        self.to_string().into_prompt_result()
    }
}

impl IntoPromptResult for PromptMessage {
    fn into_prompt_result(self) -> Result<GetPromptResponse, ToolError> {
        vec![self].into_prompt_result()
    }
}

impl IntoPromptResult for Vec<PromptMessage> {
    fn into_prompt_result(self) -> Result<GetPromptResponse, ToolError> {
        Ok(GetPromptResult::new(self).into())
    }
}

impl IntoPromptResult for GetPromptResult {
    fn into_prompt_result(self) -> Result<GetPromptResponse, ToolError> {
        Ok(self.into())
    }
}

impl IntoPromptResult for GetPromptResponse {
    fn into_prompt_result(self) -> Result<GetPromptResponse, ToolError> {
        Ok(self)
    }
}

impl IntoPromptResult for InputRequired {
    fn into_prompt_result(self) -> Result<GetPromptResponse, ToolError> {
        Ok(self.close()?.into())
    }
}

impl<T: IntoPromptResult> IntoPromptResult for Reply<T> {
    fn into_prompt_result(self) -> Result<GetPromptResponse, ToolError> {
        match self {
            Self::Done(messages) => messages.into_prompt_result(),
            Self::Ask(asked) => asked.into_prompt_result(),
        }
    }
}

impl<T: IntoPromptResult, E: IntoToolError> IntoPromptResult for Result<T, E> {
    fn into_prompt_result(self) -> Result<GetPromptResponse, ToolError> {
        self.map_err(IntoToolError::into_tool_error)?
            .into_prompt_result()
    }
}
