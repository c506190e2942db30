//! Prompts and resources: description, access and arguments.

use maud::{Markup, html};
use rmcp::model::Prompt;

use super::{PromptEntry, ResourceEntry, doc_comment::prose, tool::needs};
use crate::resource::ResourceListing;

/// Returns the anchor of an item on the page, by its kind and index.
fn anchor(kind: &str, place: usize) -> String {
    format!("{kind}-{}", place + 1)
}

pub(super) fn prompts(prompts: &[PromptEntry<'_>]) -> Markup {
    html! {
        @if !prompts.is_empty() {
            section aria-labelledby="prompts" {
                h2 #prompts { "Prompts" }
                @for (place, prompt) in prompts.iter().enumerate() {
                    @let Prompt { name, title, description, .. } = prompt.listing;
                    @let id = anchor("prompt", place);
                    article id=(id) aria-labelledby={ (id) "-name" } {
                        h3 id={ (id) "-name" } {
                            code { (name) }
                            @if let Some(title) = title { " " span.title { (title) } }
                        }
                        p.needs { (needs(prompt.requirement)) }
                        @if let Some(description) = description { (prose(description)) }
                        (arguments(prompt.listing))
                    }
                }
            }
        }
    }
}

fn arguments(prompt: &Prompt) -> Markup {
    let arguments = prompt.arguments.as_deref().unwrap_or_default();
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
                                @if argument.required == Some(true) { "required" } @else { "optional" }
                            }
                        }
                        dd { @if let Some(description) = &argument.description { (prose(description)) } }
                    }
                }
            }
        }
    }
}

pub(super) fn resources(resources: &[ResourceEntry<'_>]) -> Markup {
    html! {
        @if !resources.is_empty() {
            section aria-labelledby="resources" {
                h2 #resources { "Resources" }
                @for (place, resource) in resources.iter().enumerate() {
                    @let shown = ShownResource::of(resource.listing);
                    @let id = anchor("resource", place);
                    article id=(id) aria-labelledby={ (id) "-name" } {
                        h3 id={ (id) "-name" } {
                            code { (shown.uri) }
                            @if let Some(title) = shown.title { " " span.title { (title) } }
                        }
                        p.needs {
                            (needs(resource.requirement))
                            @if let Some(kind) = shown.mime_type { " " span.badge { (kind) } }
                        }
                        @if let Some(description) = shown.description { (prose(description)) }
                    }
                }
            }
        }
    }
}

/// The displayed facts of a resource or template.
struct ShownResource<'a> {
    uri: &'a str,
    title: Option<&'a str>,
    description: Option<&'a str>,
    mime_type: Option<&'a str>,
}

impl<'a> ShownResource<'a> {
    fn of(listing: &'a ResourceListing) -> Self {
        match listing {
            ResourceListing::Resource(one) => Self {
                uri: &one.uri,
                title: one.title.as_deref(),
                description: one.description.as_deref(),
                mime_type: one.mime_type.as_deref(),
            },
            ResourceListing::Template(one) => Self {
                uri: &one.uri_template,
                title: one.title.as_deref(),
                description: one.description.as_deref(),
                mime_type: one.mime_type.as_deref(),
            },
        }
    }
}

/// Returns the prompts and resources that require a scope: anchor and name.
pub(super) fn asking_for<'a>(
    scope: &str,
    prompts: &'a [PromptEntry<'a>],
    resources: &'a [ResourceEntry<'a>],
) -> Vec<(String, &'a str)> {
    let prompts = prompts
        .iter()
        .enumerate()
        .filter(|(_, one)| {
            one.requirement
                .scopes()
                .any(|asked| asked.as_str() == scope)
        })
        .map(|(place, one)| (anchor("prompt", place), one.listing.name.as_str()));
    let resources = resources
        .iter()
        .enumerate()
        .filter(|(_, one)| {
            one.requirement
                .scopes()
                .any(|asked| asked.as_str() == scope)
        })
        .map(|(place, one)| {
            (
                anchor("resource", place),
                ShownResource::of(one.listing).uri,
            )
        });
    prompts.chain(resources).collect()
}
