//! One tool: description, access and arguments.

use maud::{Markup, html};
use serde_json::{Map, Value};

use crate::{
    argument::{Argument, arguments},
    doc_comment::prose,
    facts::{Access, Conditions, ToolEntry, ToolHints},
    requirement::{DELETES, Part, hint_words, requirement},
};

/// Returns the anchor of a tool on the page. Tool names contain no spaces (MCP, "Tool
/// Names").
pub(crate) fn anchor(tool: &ToolEntry<'_>) -> String {
    format!("tool-{}", tool.name)
}

pub(crate) fn tool_card(tool: &ToolEntry<'_>) -> Markup {
    let arguments = arguments(tool.input_schema);
    html! {
        article id=(anchor(tool)) aria-labelledby={ (anchor(tool)) "-name" } {
            h3 id={ (anchor(tool)) "-name" } {
                code { (tool.name) }
                @if let Some(title) = tool.title {
                    " " span.title { (title) }
                }
            }
            p.needs { (needs(&tool.access, &tool.conditions)) (hints(tool.hints)) }
            @if let Some(description) = tool.description {
                (prose(description))
            }
            @if arguments.is_empty() {
                p.quiet { "Takes no arguments." }
            } @else {
                h4 { "Arguments" }
                dl.arguments {
                    @for argument in &arguments { (entry(argument)) }
                }
                (schema("Input schema", tool.input_schema))
            }
            @if let Some(output) = tool.output_schema {
                (schema("Output schema", output))
            }
        }
    }
}

/// Renders what an item requires.
pub(crate) fn needs(access: &Access<'_>, conditions: &Conditions<'_>) -> Markup {
    html! {
        @for part in requirement(access, conditions) {
            @match part {
                Part::Open(words) => span.badge.open { (words) },
                Part::Login(words) => span.badge { (words) },
                Part::Words(words) => span.quiet { (words) },
                Part::Scope(scope) => code.scope { (scope) },
                Part::Role(role) => span.badge { (role) },
                Part::Code(value) => code { (value) },
            }
        }
    }
}

/// Renders the tool's annotations.
fn hints(hints: ToolHints) -> Markup {
    html! {
        @for words in hint_words(hints) {
            " " span.badge.danger[words == DELETES] { (words) }
        }
    }
}

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

fn schema(title: &str, schema: &Map<String, Value>) -> Markup {
    let text = format!("{:#}", Value::Object(schema.clone()));
    html! {
        details.schema {
            summary { (title) }
            pre tabindex="0" role="group" aria-label=(title) { code { (text) } }
        }
    }
}
