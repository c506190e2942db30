//! What a client's model is asked.
#![expect(
    deprecated,
    reason = "the protocol deprecates sampling in 2026-07-28, and still has it"
)]

use rmcp::model::{
    ContextInclusion, CreateMessageRequest, CreateMessageRequestParams, InputRequest,
    SamplingMessage,
};

use crate::item::capability::ClientCapability;

/// What a client's model is asked (`sampling/createMessage`).
///
/// The client may show it to its person, change it, and say no. Revision 2026-07-28 has it
/// still, and says that a later one may not.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample(CreateMessageRequestParams);

impl Sample {
    /// One message of the user's, and the most tokens that the answer may have.
    #[must_use]
    pub fn new(message: impl Into<String>, max_tokens: u32) -> Self {
        let message = SamplingMessage::user_text(message);
        Self(CreateMessageRequestParams::new(vec![message], max_tokens))
    }

    /// With a prompt for the model, which the client may leave out.
    #[must_use]
    pub fn with_system_prompt(mut self, prompt: impl Into<String>) -> Self {
        self.0.system_prompt = Some(prompt.into());
        self
    }

    /// With a temperature, from 0 to 1.
    #[must_use]
    pub fn with_temperature(mut self, temperature: f32) -> Self {
        self.0.temperature = Some(temperature);
        self
    }

    /// What a client must have declared to be asked this.
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

/// A request of rmcp's: several messages, images, preferences, tools.
impl From<CreateMessageRequestParams> for Sample {
    fn from(params: CreateMessageRequestParams) -> Self {
        Self(params)
    }
}
