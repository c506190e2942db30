//! A prompt: messages that a person chooses to begin with.
//!
//! | file | what it holds |
//! |---|---|
//! | `prompt_parameters` | what an expansion of `#[mcp_prompt]` states about one function |
//! | `prompt_result` | what a prompt can return |
//!
//! What prompts have in common with tools and resources is in the module `item`.

use rmcp::{ErrorData, model::GetPromptResponse};
use serde_json::{Map, Value};

use crate::{
    authorization::Target,
    error::SetupErrors,
    item::{
        Built, CallError, FailureKind, ItemDeclaration, ItemSet, KindParts, Published, Sealed,
        ToolError,
    },
    log_text::redaction,
};

pub(crate) mod prompt_parameters;
mod prompt_result;

use prompt_parameters::PromptParameters;

pub use crate::{
    item::{Completer, Completions, IntoCallError, IntoOutput, Kind},
    text_argument::FromText,
};

/// The kind of prompts.
#[derive(Debug)]
pub enum PromptKind {}

/// Collects the prompts of a server, whose state is `S`. The order in which they are added does
/// not matter.
pub type PromptSet<S> = ItemSet<S, PromptKind>;

/// The maximum number of unknown arguments that one error names.
const REPORTED: usize = 5;

/// The arguments that a prompt takes, and whether each is required.
pub(crate) struct PromptInput(Vec<(&'static str, bool)>);

impl Sealed for PromptKind {}

impl Kind for PromptKind {
    type Parameters = PromptParameters;
    type Output = GetPromptResponse;
    type Error = ToolError;
    type OutputFacts = ();
}

impl KindParts for PromptKind {
    const NOUN: &'static str = "prompt";

    type Address = &'static str;
    type Listing = rmcp::model::Prompt;
    type Input = PromptInput;
    /// The description, for a result that has none.
    type ResponseContext = Option<String>;
    type Response = GetPromptResponse;

    fn target(index: u32) -> Target {
        Target::Prompt(index)
    }

    fn index(target: Target) -> Option<usize> {
        match target {
            Target::Prompt(index) => usize::try_from(index).ok(),
            Target::Tool(_) | Target::Resource(_) => None,
        }
    }

    fn address(
        declaration: &ItemDeclaration,
        _: &PromptParameters,
    ) -> Result<&'static str, (String, &'static str)> {
        Ok(declaration.name)
    }

    fn address_text(address: &&'static str) -> &'static str {
        address
    }

    fn build(
        _: &ItemDeclaration,
        name: &&'static str,
        parameters: PromptParameters,
        published: Published,
        _: &mut SetupErrors,
    ) -> Built<Self> {
        let arguments = parameters.arguments;
        let listed = arguments.iter().map(|argument| {
            let mut listed =
                rmcp::model::PromptArgument::new(argument.name).with_required(argument.is_required);
            listed.description = argument.described().map(str::to_owned);
            listed
        });
        let mut listing = rmcp::model::Prompt::new(
            *name,
            Some(published.description),
            (!arguments.is_empty()).then(|| listed.collect()),
        )
        .with_meta(published.meta);
        listing.title = published.title;
        listing.icons = published.icons;
        let undescribed = arguments
            .iter()
            .filter(|argument| argument.described().is_none());
        Built {
            listing,
            undescribed: undescribed
                .map(|argument| argument.name.to_owned())
                .collect(),
            warnings: Vec::new(),
            input: PromptInput(
                arguments
                    .iter()
                    .map(|argument| (argument.name, argument.is_required))
                    .collect(),
            ),
        }
    }

    fn has_argument(_: &&'static str, listing: &rmcp::model::Prompt, name: &str) -> bool {
        let mut arguments = listing.arguments.iter().flatten();
        arguments.any(|argument| argument.name == name)
    }

    /// Checks that the arguments are strings, that the prompt takes each, and that no required
    /// one is missing. An optional argument that is `null` counts as left out.
    fn validate(
        PromptInput(known): &PromptInput,
        _: &str,
        mut arguments: Map<String, Value>,
    ) -> Result<Map<String, Value>, CallError> {
        for (name, _) in known.iter().filter(|(_, is_required)| !is_required) {
            if arguments.get(*name).is_some_and(Value::is_null) {
                arguments.remove(*name);
            }
        }
        let mut errors = Vec::new();
        for (name, is_required) in known {
            match arguments.get(*name) {
                None if *is_required => errors.push(format!("the argument `{name}` is missing")),
                Some(value) if !value.is_string() => {
                    errors.push(format!("the argument `{name}` must be a text"));
                }
                _ => {}
            }
        }
        let is_known = |name: &str| known.iter().any(|(known, _)| *known == name);
        let unknown = arguments.keys().filter(|name| !is_known(name));
        errors.extend(
            unknown
                .take(REPORTED)
                .map(|name| format!("there is no argument `{}`", redaction::cut(name, 64))),
        );
        match errors.is_empty() {
            true => Ok(arguments),
            false => Err(CallError::unreadable(errors.join("; "))),
        }
    }

    fn response_context(listing: &rmcp::model::Prompt, _: &PromptInput, _: &str) -> Option<String> {
        listing.description.clone()
    }

    fn respond(
        description: Option<String>,
        end: Result<GetPromptResponse, CallError>,
        _: bool,
    ) -> Result<GetPromptResponse, ErrorData> {
        match end {
            Ok(GetPromptResponse::Complete(mut result)) => {
                result.description = result.description.or(description);
                Ok(result.into())
            }
            Ok(asked) => Ok(asked),
            Err(error) if error.kind() == FailureKind::Unreadable => {
                Err(ErrorData::invalid_params(error.message().to_owned(), None))
            }
            Err(error) => Err(error.into_error_data()),
        }
    }
}

/// Lists prompts as [`tools!`](crate::tools) lists tools: `prompts![review, greet]`, or
/// `prompts![in scope::ALL; review, greet]`.
#[macro_export]
macro_rules! prompts {
    ($($list:tt)*) => {
        $crate::__private::list! { $crate prompts $($list)* }
    };
}

#[cfg(test)]
mod tests;
