//! A prompt: messages that a person chooses to begin with.
//!
//! | file | what it holds |
//! |---|---|
//! | `set` | [`PromptSet`] and [`prompts!`](crate::prompts) |
//! | `definition` | what an expansion of `#[mcp_prompt]` says about one function |
//! | `outcome` | [`IntoPromptResult`]: what a function can give back |
//!
//! It is made for an [`Permit`] to get this very prompt, and for nothing else.

use futures_util::{FutureExt, future::BoxFuture};
use rmcp::{
    ErrorData,
    model::{CompletionInfo, GetPromptResponse},
};
use serde_json::{Map, Value};

use crate::{
    access::Requirement,
    authorization::{Permit, Target},
    error::Faults,
    item::{Call, ClientCapability, Completing, complete, redaction},
    text_argument::{Attempt, Failure},
};

mod definition;
mod prompt_result;
mod set;

pub use definition::PromptDefinition;
pub use prompt_result::{IntoPromptResult, Messages, messages};
pub use set::{PromptDef, PromptGroup, PromptSet};

/// How many unknown arguments are named in one error.
const TOLD: usize = 5;

/// One prompt of a server, ready to be listed and got.
pub(crate) struct Prompt<S> {
    id: u32,
    name: &'static str,
    requirement: Requirement,
    step_up: bool,
    takes_context: bool,
    client_capabilities: &'static [ClientCapability],
    listing: rmcp::model::Prompt,
    undescribed: Vec<&'static str>,
    required: Vec<(&'static str, bool)>,
    completers: Vec<Completing<S>>,
    get: Box<dyn Fn(Call<S>) -> Attempt<GetPromptResponse> + Send + Sync>,
}

impl<S> Prompt<S> {
    /// Builds what a definition describes; what is wrong with it goes to `faults`.
    fn build(definition: PromptDefinition<S>, id: u32, faults: &mut Faults) -> Self {
        let PromptDefinition {
            mut facts,
            arguments,
            takes_context,
            takes_caller,
            completers,
            get,
        } = definition;
        let published = facts.publish("prompt", takes_caller, &[], faults);
        let listed = arguments.iter().map(|argument| {
            let mut listed =
                rmcp::model::PromptArgument::new(argument.name).with_required(argument.is_required);
            listed.description = argument.described().map(str::to_owned);
            listed
        });
        let mut listing = rmcp::model::Prompt::new(
            facts.name,
            Some(published.description),
            (!arguments.is_empty()).then(|| listed.collect()),
        )
        .with_meta(published.meta);
        listing.title = published.title;
        listing.icons = published.icons;
        let undescribed = arguments
            .iter()
            .filter(|argument| argument.described().is_none());
        Self {
            id,
            name: facts.name,
            requirement: facts.requirement,
            step_up: facts.step_up,
            takes_context,
            client_capabilities: facts.client_capabilities,
            listing,
            undescribed: undescribed.map(|argument| argument.name).collect(),
            required: arguments
                .iter()
                .map(|argument| (argument.name, argument.is_required))
                .collect(),
            completers,
            get,
        }
    }

    /// The name by which it is got.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// What it asks of whoever gets it.
    pub(crate) fn requirement(&self) -> Requirement {
        self.requirement
    }

    /// Whether its scopes are to be asked for when it is got only.
    pub(crate) fn is_step_up(&self) -> bool {
        self.step_up
    }

    /// Whether it may need rmcp's own context of a request.
    pub(crate) fn takes_context(&self) -> bool {
        self.takes_context
    }

    /// What its client must be able to be asked for.
    pub(crate) fn client_capabilities(&self) -> &'static [ClientCapability] {
        self.client_capabilities
    }

    /// What `prompts/list` publishes.
    pub(crate) fn listing(&self) -> &rmcp::model::Prompt {
        &self.listing
    }

    /// The arguments that have no description, by name.
    pub(crate) fn undescribed_arguments(&self) -> &[&'static str] {
        &self.undescribed
    }

    /// Makes the messages, when the admission is one for this prompt.
    pub(crate) fn get(
        &self,
        permit: &Permit,
        mut call: Call<S>,
    ) -> BoxFuture<'static, Result<GetPromptResponse, ErrorData>> {
        let checked = self.check_admission(permit).and_then(|()| {
            let arguments = call.take_arguments();
            self.check(&arguments)?;
            Ok(arguments)
        });
        let arguments = match checked {
            Ok(arguments) => arguments,
            Err(fault) => return std::future::ready(Err(fault)).boxed(),
        };
        call.begin(self.name, arguments);
        let getting = (self.get)(call);
        let description = self.listing.description.clone();
        let end = async move {
            match getting.await {
                Ok(GetPromptResponse::Complete(mut result)) => {
                    result.description = result.description.or(description);
                    Ok(result.into())
                }
                Ok(asked) => Ok(asked),
                Err(Failure::Unreadable(error)) => Err(invalid(error.message())),
                Err(Failure::NotFound(error) | Failure::Failed(error)) => {
                    Err(error.into_error_data())
                }
            }
        };
        end.boxed()
    }

    /// Whether any argument of it can be completed.
    pub(crate) fn has_completers(&self) -> bool {
        !self.completers.is_empty()
    }

    /// Completes an argument, if there is a completer for it and the admission is one for
    /// this prompt.
    pub(crate) fn complete(
        &self,
        permit: &Permit,
        argument: &str,
        begun: &str,
        call: Call<S>,
    ) -> Option<BoxFuture<'static, CompletionInfo>> {
        self.check_admission(permit).ok()?;
        complete(&self.completers, argument, begun, call)
    }

    fn check_admission(&self, permit: &Permit) -> Result<(), ErrorData> {
        if permit.target() == Some(Target::Prompt(self.id)) {
            return Ok(());
        }
        // The gate and the dispatch disagree: a fault of this library, never run through.
        tracing::error!(target: "toolgate::tool", prompt = self.name, "a request without an admission for this prompt was refused");
        Err(ErrorData::internal_error(
            "this request was not admitted",
            None,
        ))
    }

    /// Whether the arguments are texts, known, and all that must be there.
    fn check(&self, arguments: &Map<String, Value>) -> Result<(), ErrorData> {
        let mut told = Vec::new();
        for (name, is_required) in &self.required {
            match arguments.get(*name) {
                None if *is_required => told.push(format!("the argument `{name}` is missing")),
                Some(value) if !value.is_string() => {
                    told.push(format!("the argument `{name}` must be a text"));
                }
                _ => {}
            }
        }
        let is_known = |name: &str| self.required.iter().any(|(known, _)| *known == name);
        let unknown = arguments.keys().filter(|name| !is_known(name));
        let unknown: Vec<_> = unknown
            .take(TOLD)
            .map(|name| format!("there is no argument `{}`", redaction::cut(name, 64)))
            .collect();
        told.extend(unknown);
        match told.is_empty() {
            true => Ok(()),
            false => Err(invalid(&told.join("; "))),
        }
    }
}

fn invalid(message: &str) -> ErrorData {
    ErrorData::invalid_params(message.to_owned(), None)
}

#[cfg(test)]
mod tests;
