//! One tool: description, access and arguments.

use maud::{Markup, html};
use rmcp::model::{JsonObject, Tool};
use serde_json::Value;

use super::{
    ToolEntry,
    argument::{Argument, arguments},
    doc_comment::prose,
};
use crate::access::Requirement;

/// Returns the anchor of a tool on the page. Tool names contain no spaces (MCP, "Tool
/// Names").
pub(super) fn anchor(tool: &Tool) -> String {
    format!("tool-{}", tool.name)
}

pub(super) fn tool_card(tool: &ToolEntry<'_>) -> Markup {
    let ToolEntry {
        listing,
        requirement,
    } = *tool;
    let arguments = arguments(&listing.input_schema);
    html! {
        article id=(anchor(listing)) aria-labelledby={ (anchor(listing)) "-name" } {
            h3 id={ (anchor(listing)) "-name" } {
                code { (listing.name) }
                @if let Some(title) = &listing.title {
                    " " span.title { (title) }
                }
            }
            p.needs { (needs(requirement)) (hints(listing)) }
            @if let Some(description) = &listing.description {
                (prose(description))
            }
            @if arguments.is_empty() {
                p.quiet { "Takes no arguments." }
            } @else {
                h4 { "Arguments" }
                dl.arguments {
                    @for argument in &arguments { (entry(argument)) }
                }
                (schema("Input schema", &listing.input_schema))
            }
            @if let Some(output) = &listing.output_schema {
                (schema("Output schema", output))
            }
        }
    }
}

/// Renders the access of an item.
pub(super) fn needs(requirement: Requirement) -> Markup {
    html! {
        @match requirement {
            Requirement::Public => span.badge.open { "no login needed" },
            Requirement::Authenticated => span.badge { "needs a login" },
            Requirement::Scopes(alternatives) => {
                span.quiet { "needs " }
                @for (place, all) in alternatives.iter().enumerate() {
                    @if place > 0 { span.quiet { " or " } }
                    @for (place, scope) in all.iter().enumerate() {
                        @if place > 0 { span.quiet { " and " } }
                        code.scope { (scope) }
                    }
                }
            }
        }
    }
}

/// Renders the tool's annotations. MCP's defaults are not repeated.
fn hints(tool: &Tool) -> Markup {
    let said = tool.annotations.as_ref();
    let hints = [
        (said.and_then(|said| said.read_only_hint), "only reads", ""),
        (
            said.and_then(|said| said.destructive_hint),
            DELETES,
            "deletes nothing",
        ),
        (
            said.and_then(|said| said.idempotent_hint),
            "safe to repeat",
            "",
        ),
        (
            said.and_then(|said| said.open_world_hint),
            "uses other services",
            "uses no other service",
        ),
    ];
    html! {
        @for (value, yes, no) in hints {
            @let word = match value {
                Some(true) => yes,
                Some(false) => no,
                None => "",
            };
            @if !word.is_empty() {
                " " span.badge.danger[word == DELETES] { (word) }
            }
        }
    }
}

/// The annotation that is highlighted as dangerous.
const DELETES: &str = "deletes data";

fn entry(argument: &Argument<'_>) -> Markup {
    html! {
        div {
            dt {
                code { (argument.name) }
                " " span.kind { (argument.kind) }
                " " span.quiet { @if argument.required { "required" } @else { "optional" } }
            }
            dd {
                @if let Some(description) = argument.description {
                    (prose(description))
                }
                @if !argument.rules.is_empty() {
                    ul.rules {
                        @for rule in &argument.rules {
                            li { (rule.before) " " code { (rule.value) } " " (rule.after) }
                        }
                    }
                }
            }
        }
    }
}

fn schema(title: &str, schema: &JsonObject) -> Markup {
    let text = format!("{:#}", Value::Object(schema.clone()));
    html! {
        details.schema {
            summary { (title) }
            pre tabindex="0" role="group" aria-label=(title) { code { (text) } }
        }
    }
}
