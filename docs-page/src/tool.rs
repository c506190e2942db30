//! One tool: description, access and arguments.

use maud::{Markup, html};
use serde_json::{Map, Value};

use crate::{
    argument::{Argument, arguments},
    doc_comment::prose,
    facts::{Access, Conditions, ToolEntry, ToolHints},
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
            p.needs { (needs(&tool.access)) (conditions(&tool.conditions)) (hints(tool.hints)) }
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

/// Renders the access of an item.
pub(crate) fn needs(access: &Access<'_>) -> Markup {
    html! {
        @match access {
            Access::Public => span.badge.open { "no login needed" },
            Access::Authenticated => span.badge { "needs a login" },
            Access::Scopes(alternatives) => {
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

/// Renders what an item requires beside its access.
pub(crate) fn conditions(conditions: &Conditions<'_>) -> Markup {
    html! {
        @if !conditions.roles.is_empty() {
            span.quiet { " as " }
            @for (place, all) in conditions.roles.iter().enumerate() {
                @if place > 0 { span.quiet { " or " } }
                @for (place, role) in all.iter().enumerate() {
                    @if place > 0 { span.quiet { " and " } }
                    span.badge { (role) }
                }
            }
        }
        @if !conditions.acr.is_empty() {
            span.quiet { " after a login with " }
            @for (place, value) in conditions.acr.iter().enumerate() {
                @if place > 0 { span.quiet { " or " } }
                code { (value) }
            }
        }
        @if let Some(seconds) = conditions.max_age {
            span.quiet { " with a login at most " (seconds) " seconds ago" }
        }
        @if conditions.is_confirmed {
            span.quiet { " after you confirmed it" }
        }
    }
}

/// Renders the tool's annotations. MCP's defaults are not repeated.
fn hints(hints: ToolHints) -> Markup {
    let hints = [
        (hints.read_only, "only reads", ""),
        (hints.destructive, DELETES, "deletes nothing"),
        (hints.idempotent, "safe to repeat", ""),
        (
            hints.open_world,
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

fn schema(title: &str, schema: &Map<String, Value>) -> Markup {
    let text = format!("{:#}", Value::Object(schema.clone()));
    html! {
        details.schema {
            summary { (title) }
            pre tabindex="0" role="group" aria-label=(title) { code { (text) } }
        }
    }
}
