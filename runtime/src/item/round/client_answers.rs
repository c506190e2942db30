//! What a client answers. All of it is the client's word.
#![expect(
    deprecated,
    reason = "the protocol deprecates sampling in 2026-07-28, and still has it"
)]

use rmcp::model::{
    CreateMessageResult, ElicitResult, ElicitationAction, SamplingMessageContentBlock,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// What a person has answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Elicited<A> {
    /// They have filled in the form.
    Accepted(A),
    /// They have said no.
    Declined,
    /// They have closed the form without saying anything.
    Cancelled,
}

impl<A: DeserializeOwned> Elicited<A> {
    pub(super) fn read(result: ElicitResult) -> serde_json::Result<Self> {
        Ok(match result.action {
            ElicitationAction::Accept => {
                // What was done on a page has no content: that is `null`, for `()`.
                let content = result.content.unwrap_or_default();
                Self::Accepted(serde_json::from_value(content)?)
            }
            ElicitationAction::Decline => Self::Declined,
            // What a later revision adds is no yes.
            _ => Self::Cancelled,
        })
    }
}

/// What a client's model has answered.
#[derive(Debug, Clone, Deserialize)]
#[serde(transparent)]
pub struct Sampled(CreateMessageResult);

impl Sampled {
    /// The text of the answer: all of its texts, one after the other, without what else
    /// there may be.
    #[must_use]
    pub fn text(&self) -> String {
        let blocks = self.0.message.content.iter();
        let texts = blocks.filter_map(|block| match block {
            SamplingMessageContentBlock::Text(text) => Some(text.text.as_str()),
            _ => None,
        });
        texts.collect()
    }

    /// The model, as the client calls it.
    #[must_use]
    pub fn model(&self) -> &str {
        &self.0.model
    }

    /// Why it ended, if that was told: `endTurn`, `maxTokens`, `toolUse`.
    #[must_use]
    pub fn stop_reason(&self) -> Option<&str> {
        self.0.stop_reason.as_deref()
    }

    /// The answer as rmcp has it, with images, sounds and uses of tools.
    #[must_use]
    pub fn into_inner(self) -> CreateMessageResult {
        self.0
    }
}

/// A folder that a client works on. It is what the client says, and no leave to open it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Root {
    /// Where it is, as a `file:` URI.
    pub uri: String,
    /// How the client calls it before its person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}
