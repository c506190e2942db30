//! The answers of a client. The server cannot verify them.
#![expect(
    deprecated,
    reason = "the protocol deprecates sampling in 2026-07-28, and still has it"
)]

use rmcp::model::{
    CreateMessageResult, ElicitResult, ElicitationAction, SamplingMessageContentBlock,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// The answer of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Elicited<A> {
    /// The user filled in the form, or visited the page.
    Accepted(A),
    /// The user declined.
    Declined,
    /// The user closed the form without an answer.
    Cancelled,
}

impl<A: DeserializeOwned> Elicited<A> {
    pub(super) fn read(result: ElicitResult) -> serde_json::Result<Self> {
        Ok(match result.action {
            ElicitationAction::Accept => {
                // The answer for a page has no content: it is `null`, which reads as `()`.
                let content = result.content.unwrap_or_default();
                Self::Accepted(serde_json::from_value(content)?)
            }
            ElicitationAction::Decline => Self::Declined,
            // An action of a later revision does not mean that the user accepted.
            _ => Self::Cancelled,
        })
    }
}

/// The answer of a client's model.
#[derive(Debug, Clone, Deserialize)]
#[serde(transparent)]
pub struct Sampled(CreateMessageResult);

impl Sampled {
    /// Returns the text of the answer: all text blocks, joined, without images and other
    /// content.
    #[must_use]
    pub fn text(&self) -> String {
        let blocks = self.0.message.content.iter();
        let texts = blocks.filter_map(|block| match block {
            SamplingMessageContentBlock::Text(text) => Some(text.text.as_str()),
            _ => None,
        });
        texts.collect()
    }

    /// Returns the name of the model.
    #[must_use]
    pub fn model(&self) -> &str {
        &self.0.model
    }

    /// Returns why the answer ended, if the client reports it: `endTurn`, `maxTokens`,
    /// `toolUse`.
    #[must_use]
    pub fn stop_reason(&self) -> Option<&str> {
        self.0.stop_reason.as_deref()
    }

    /// Returns the answer as rmcp's type, with images, sounds and uses of tools.
    #[must_use]
    pub fn into_inner(self) -> CreateMessageResult {
        self.0
    }
}

/// A folder that a client works on. The client reports it, and it is not a permission to open it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Root {
    /// The `file:` URI.
    pub uri: String,
    /// The name that the client shows to its user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}
