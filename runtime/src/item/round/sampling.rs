//! [`Sample`]: a request to a client's model.
#![expect(
    deprecated,
    reason = "the protocol deprecates sampling in 2026-07-28, and still has it"
)]

use rmcp::model::{
    ContextInclusion, CreateMessageRequest, CreateMessageRequestParams, InputRequest,
    SamplingMessage,
};

use crate::item::capability::ClientCapability;

/// A request to a client's model (`sampling/createMessage`).
///
/// The client can show it to its user, change it, and decline it. Revision 2026-07-28 still has
/// sampling, and announces that a later revision may remove it.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample(CreateMessageRequestParams);

impl Sample {
    /// Creates a request with one message of the user, and the maximum tokens of the answer.
    #[must_use]
    pub fn new(message: impl Into<String>, max_tokens: u32) -> Self {
        let message = SamplingMessage::user_text(message);
        Self(CreateMessageRequestParams::new(vec![message], max_tokens))
    }

    /// Adds a system prompt, which the client can ignore.
    #[must_use]
    pub fn with_system_prompt(mut self, prompt: impl Into<String>) -> Self {
        self.0.system_prompt = Some(prompt.into());
        self
    }

    /// Sets the temperature, from 0 to 1.
    #[must_use]
    pub fn with_temperature(mut self, temperature: f32) -> Self {
        self.0.temperature = Some(temperature);
        self
    }

    /// Returns the capabilities that the client must have declared.
    pub(super) fn needs(&self) -> Vec<ClientCapability> {
        let mut needs = vec![ClientCapability::Sampling];
        if self.0.tools.is_some() || self.0.tool_choice.is_some() {
            needs.push(ClientCapability::SamplingTools);
        }
        if !matches!(self.0.include_context, None | Some(ContextInclusion::None)) {
            needs.push(ClientCapability::SamplingContext);
        }
        needs
    }
}

impl From<Sample> for InputRequest {
    fn from(sample: Sample) -> Self {
        Self::CreateMessage(CreateMessageRequest::new(sample.0))
    }
}

/// A request of rmcp's type: several messages, images, preferences, tools.
impl From<CreateMessageRequestParams> for Sample {
    fn from(params: CreateMessageRequestParams) -> Self {
        Self(params)
    }
}
