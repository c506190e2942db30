//! The page: its frame, its scopes and its list of tools.

use std::sync::LazyLock;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::{
    connect_instructions::{connect, promise},
    doc_comment::prose,
    facts::{DEVELOPMENT, PageFacts},
    prompts_and_resources,
    stylesheet::{STYLESHEET, STYLESHEET_SOURCE, policy_source},
    tool::{self, tool_card},
};

/// The only script. Without it the page lacks only the copy buttons.
const SCRIPT: &str = include_str!("copy.js");

/// Returns the page's `Content-Security-Policy`. It allows the style and the script by their
/// hashes, so injected styles and scripts have no effect.
pub fn content_security_policy() -> &'static str {
    // The hash of the script does not change between responses.
    static POLICY: LazyLock<String> = LazyLock::new(|| {
        format!(
            "default-src 'none'; script-src {}; style-src {}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            policy_source(SCRIPT),
            *STYLESHEET_SOURCE
        )
    });
    &POLICY
}

/// Renders the page.
pub fn render(facts: &PageFacts<'_>) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (facts.name) " · MCP server" }
                @for (kind, name, url) in facts.alternates() {
                    link rel="alternate" type=(kind) title=(name) href=(url);
                }
                style { (PreEscaped(STYLESHEET)) }
            }
            body.about {
                @if facts.has_tools() {
                    a.skip href="#tools" { "Skip to the tools" }
                }
                (head(facts))
                main {
                    (connect(facts))
                    (scopes(facts))
                    (tools(facts))
                    (prompts_and_resources::prompts(&facts.prompts))
                    (prompts_and_resources::resources(&facts.resources))
                }
                (foot(facts))
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string()
}

fn head(facts: &PageFacts<'_>) -> Markup {
    html! {
        header {
            p.eyebrow { "MCP server" }
            h1 { (facts.name) " " small { (facts.version) } }
            div.copy.endpoint data-copy="the URL" {
                label for="url" { "URL for your client" }
                input #url type="text" readonly value=(facts.resource);
            }
            p.lead {
                (facts.counted())
                ", " (facts.openness()) ". " (promise(facts.login))
            }
            @if facts.development {
                p.warning role="note" {
                    strong { "Development." } " " (DEVELOPMENT)
                }
            }
        }
    }
}

fn scopes(facts: &PageFacts<'_>) -> Markup {
    html! {
        @if !facts.scopes.is_empty() {
            section aria-labelledby="scopes" {
                h2 #scopes { "Scopes" }
                dl.scopes {
                    @for scope in &facts.scopes {
                        div {
                            dt { code.scope { (scope.name) } }
                            dd {
                                @if let Some(description) = scope.description {
                                    (prose(description))
                                }
                                @let asking = prompts_and_resources::asking_for(facts, scope.name);
                                @if !asking.is_empty() {
                                    p.quiet {
                                        "needed by "
                                        @for (place, (anchor, name)) in asking.iter().enumerate() {
                                            @if place > 0 { ", " }
                                            a href={ "#" (anchor) } { code { (name) } }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn tools(facts: &PageFacts<'_>) -> Markup {
    html! {
        @if facts.has_tools() {
        section aria-labelledby="tools" {
            h2 #tools { "Tools" }
            @if facts.tools.len() > INDEX_FROM {
                nav aria-label="Tools" {
                    ul {
                        @for tool in &facts.tools {
                            li {
                                a href={ "#" (tool::anchor(tool)) } {
                                    code { (tool.name) }
                                }
                            }
                        }
                    }
                }
            }
            @for tool in &facts.tools {
                (tool_card(tool))
            }
        }
        }
    }
}

/// The page has an index if it has more tools than this.
const INDEX_FROM: usize = 4;

fn foot(facts: &PageFacts<'_>) -> Markup {
    html! {
        footer {
            dl {
                div {
                    dt { "Metadata" }
                    dd { a href=(facts.metadata) { code { (facts.metadata) } } }
                }
                div {
                    dt { "This page for programs" }
                    @for (kind, name, url) in facts.alternates() {
                        dd { a rel="alternate" type=(kind) href=(url) { (name) } }
                    }
                }
                @if !facts.issuers.is_empty() {
                    div {
                        dt { "Authorization server" }
                        @for issuer in &facts.issuers {
                            dd { code { (issuer) } }
                        }
                    }
                }
            }
        }
    }
}
