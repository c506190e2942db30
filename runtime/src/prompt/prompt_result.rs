//! What a prompt can return.

use std::{borrow::Cow, sync::Arc};

use rmcp::model::{GetPromptResponse, GetPromptResult, PromptMessage, Role};

use super::Prompt;
use crate::item::{IntoOutput, ToolError};

macro_rules! text {
    ($($kind:ty),*) => {
        $(impl IntoOutput<Prompt> for $kind {
            fn into_output(self) -> Result<GetPromptResponse, ToolError> {
                PromptMessage::new_text(Role::User, self).into_output()
            }
        })*
    };
}

text!(String, &'static str, Box<str>, Cow<'static, str>);

impl IntoOutput<Prompt> for Arc<str> {
    fn into_output(self) -> Result<GetPromptResponse, ToolError> {
        PromptMessage::new_text(Role::User, self.to_string()).into_output()
    }
}

impl IntoOutput<Prompt> for PromptMessage {
    fn into_output(self) -> Result<GetPromptResponse, ToolError> {
        vec![self].into_output()
    }
}

impl IntoOutput<Prompt> for Vec<PromptMessage> {
    fn into_output(self) -> Result<GetPromptResponse, ToolError> {
        Ok(GetPromptResult::new(self).into())
    }
}

impl IntoOutput<Prompt> for GetPromptResult {
    fn into_output(self) -> Result<GetPromptResponse, ToolError> {
        Ok(self.into())
    }
}

impl IntoOutput<Prompt> for GetPromptResponse {
    fn into_output(self) -> Result<GetPromptResponse, ToolError> {
        Ok(self)
    }
}
