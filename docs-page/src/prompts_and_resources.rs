//! Prompts and resources: description, access and arguments.

use maud::{Markup, html};

use crate::{
    doc_comment::prose,
    facts::{PageFacts, PromptArgument, PromptEntry, ResourceEntry},
    tool::{self, needs},
};

/// Returns the anchor of an item on the page, by its kind and index.
fn anchor(kind: &str, place: usize) -> String {
    format!("{kind}-{}", place + 1)
}

pub(crate) fn prompts(prompts: &[PromptEntry<'_>]) -> Markup {
    html! {
        @if !prompts.is_empty() {
            section aria-labelledby="prompts" {
                h2 #prompts { "Prompts" }
                @for (place, prompt) in prompts.iter().enumerate() {
                    @let id = anchor("prompt", place);
                    article id=(id) aria-labelledby={ (id) "-name" } {
                        h3 id={ (id) "-name" } {
                            code { (prompt.name) }
                            @if let Some(title) = prompt.title { " " span.title { (title) } }
                        }
                        p.needs { (needs(&prompt.access, &prompt.conditions)) }
                        @if let Some(description) = prompt.description { (prose(description)) }
                        (arguments(&prompt.arguments))
                    }
                }
            }
        }
    }
}

fn arguments(arguments: &[PromptArgument<'_>]) -> Markup {
    html! {
        @if arguments.is_empty() {
            p.quiet { "Takes no arguments." }
        } @else {
            h4 { "Arguments" }
            dl.arguments {
                @for argument in arguments {
                    div {
                        dt {
                            code { (argument.name) }
                            " " span.quiet {
                                @if argument.is_required { "required" } @else { "optional" }
                            }
                        }
                        dd { @if let Some(description) = argument.description { (prose(description)) } }
                    }
                }
            }
        }
    }
}

pub(crate) fn resources(resources: &[ResourceEntry<'_>]) -> Markup {
    html! {
        @if !resources.is_empty() {
            section aria-labelledby="resources" {
                h2 #resources { "Resources" }
                @for (place, resource) in resources.iter().enumerate() {
                    @let id = anchor("resource", place);
                    article id=(id) aria-labelledby={ (id) "-name" } {
                        h3 id={ (id) "-name" } {
                            code { (resource.uri) }
                            @if let Some(title) = resource.title { " " span.title { (title) } }
                        }
                        p.needs {
                            (needs(&resource.access, &resource.conditions))
                            @if let Some(kind) = resource.mime_type { " " span.badge { (kind) } }
                        }
                        @if let Some(description) = resource.description { (prose(description)) }
                    }
                }
            }
        }
    }
}

/// Returns the items that require a scope: anchor and name.
pub(crate) fn asking_for<'a>(facts: &'a PageFacts<'a>, scope: &str) -> Vec<(String, &'a str)> {
    let tools = (facts.tools.iter().filter(|one| one.access.needs(scope)))
        .map(|one| (tool::anchor(one), one.name));
    let prompts = (facts.prompts.iter().enumerate())
        .filter(|(_, one)| one.access.needs(scope))
        .map(|(place, one)| (anchor("prompt", place), one.name));
    let resources = (facts.resources.iter().enumerate())
        .filter(|(_, one)| one.access.needs(scope))
        .map(|(place, one)| (anchor("resource", place), one.uri));
    tools.chain(prompts).chain(resources).collect()
}
