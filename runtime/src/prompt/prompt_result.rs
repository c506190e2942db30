//! What a prompt can return.

use std::{borrow::Cow, sync::Arc};

use rmcp::model::{GetPromptResponse, GetPromptResult, PromptMessage, Role};

use super::PromptKind;
use crate::item::{IntoOutput, ToolError};

macro_rules! text {
    ($($kind:ty),*) => {
        $(#[diagnostic::do_not_recommend]
        impl IntoOutput<PromptKind> for $kind {
            fn into_output(self) -> Result<GetPromptResponse, ToolError> {
                PromptMessage::new_text(Role::User, self).into_output()
            }
        })*
    };
}

text!(String, &'static str, Box<str>, Cow<'static, str>);

#[diagnostic::do_not_recommend]
impl IntoOutput<PromptKind> for Arc<str> {
    fn into_output(self) -> Result<GetPromptResponse, ToolError> {
        PromptMessage::new_text(Role::User, self.to_string()).into_output()
    }
}

#[diagnostic::do_not_recommend]
impl IntoOutput<PromptKind> for PromptMessage {
    fn into_output(self) -> Result<GetPromptResponse, ToolError> {
        vec![self].into_output()
    }
}

#[diagnostic::do_not_recommend]
impl IntoOutput<PromptKind> for Vec<PromptMessage> {
    fn into_output(self) -> Result<GetPromptResponse, ToolError> {
        Ok(GetPromptResult::new(self).into())
    }
}

#[diagnostic::do_not_recommend]
impl IntoOutput<PromptKind> for GetPromptResult {
    fn into_output(self) -> Result<GetPromptResponse, ToolError> {
        Ok(self.into())
    }
}

#[diagnostic::do_not_recommend]
impl IntoOutput<PromptKind> for GetPromptResponse {
    fn into_output(self) -> Result<GetPromptResponse, ToolError> {
        Ok(self)
    }
}
