//! `/docs`: the documentation page for people, rendered from the facts that clients get.
//!
//! The page has one script, which adds copy buttons, and loads nothing. Its content security
//! policy allows nothing else. `maud` escapes all text from outside.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::{
    access::Requirement,
    item::{Item, KindParts},
    stylesheet::{STYLESHEET, STYLESHEET_SOURCE, policy_source},
};

mod argument;
mod client_settings;
mod connect_instructions;
mod doc_comment;
mod prompts_and_resources;
#[cfg(test)]
mod tests;
mod tool;

use super::login_timing::Login;
use {
    connect_instructions::{connect, promise},
    doc_comment::prose,
    tool::tool_card,
};

/// The facts that the page is rendered from.
pub(crate) struct PageFacts<'a> {
    /// The server's name, as clients see it.
    pub(crate) name: &'a str,
    /// The server's version.
    pub(crate) version: &'a str,
    /// The resource: the URL that clients connect to.
    pub(crate) resource: &'a str,
    /// The URL of the RFC 9728 document.
    pub(crate) metadata: &'a str,
    /// The issuers; clients use the first.
    pub(crate) issuers: Vec<&'a str>,
    /// Whether the issuer is the embedded development issuer.
    pub(crate) development: bool,
    /// Whether tokens must be bound to a key; `None` if binding is not supported.
    pub(crate) bound_tokens_required: Option<bool>,
    /// When a client has to log in.
    pub(crate) login: Login,
    /// Every scope, sorted.
    pub(crate) scopes: Vec<ScopeEntry<'a>>,
    /// The tools, in the order of the listing.
    pub(crate) tools: Vec<ToolEntry<'a>>,
    /// The prompts, in the order of the listing.
    pub(crate) prompts: Vec<PromptEntry<'a>>,
    /// The resources and templates, in the order of the listing.
    pub(crate) resources: Vec<ResourceEntry<'a>>,
}

/// A scope and its description.
pub(crate) struct ScopeEntry<'a> {
    pub(crate) name: &'a str,
    pub(crate) description: Option<&'a str>,
}

/// An item and its access.
pub(crate) struct ItemEntry<'a, K: KindParts> {
    pub(crate) listing: &'a K::Listing,
    pub(crate) requirement: Requirement,
}

pub(crate) type ToolEntry<'a> = ItemEntry<'a, crate::tool::ToolKind>;
pub(crate) type PromptEntry<'a> = ItemEntry<'a, crate::prompt::PromptKind>;
pub(crate) type ResourceEntry<'a> = ItemEntry<'a, crate::resource::ResourceKind>;

impl<'a, K: KindParts> ItemEntry<'a, K> {
    /// Returns the entry of a registered item.
    pub(crate) fn of(item: &'a Item<(), K>) -> Self {
        Self {
            listing: item.listing(),
            requirement: item.requirement(),
        }
    }
}

impl ToolEntry<'_> {
    fn is_public(&self) -> bool {
        self.requirement == Requirement::Public
    }
}

impl PageFacts<'_> {
    /// Returns whether any item needs a login.
    fn has_login(&self) -> bool {
        self.login != Login::Never
    }

    /// Returns whether the page has a section for tools: if there are tools, or no items at
    /// all.
    fn has_tools(&self) -> bool {
        !self.tools.is_empty() || (self.prompts.is_empty() && self.resources.is_empty())
    }

    /// Returns the numbers of tools, prompts and resources in words.
    fn counted(&self) -> String {
        let mut counts = Vec::new();
        if self.has_tools() {
            counts.push(count(self.tools.len(), "tool", "tools"));
        }
        if !self.prompts.is_empty() {
            counts.push(count(self.prompts.len(), "prompt", "prompts"));
        }
        if !self.resources.is_empty() {
            counts.push(count(self.resources.len(), "resource", "resources"));
        }
        counts.join(", ")
    }
}

/// The only script. Without it the page lacks only the copy buttons.
const SCRIPT: &str = include_str!("docs_page/copy.js");

/// Returns the page's `Content-Security-Policy`. It allows the style and the script by their
/// hashes, so injected styles and scripts have no effect.
pub(crate) fn content_security_policy() -> String {
    format!(
        "default-src 'none'; script-src {}; style-src {}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        policy_source(SCRIPT),
        *STYLESHEET_SOURCE
    )
}

/// Renders the page.
pub(crate) fn render(facts: &PageFacts<'_>) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (facts.name) " · MCP server" }
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
                @if facts.has_login() { ", behind OAuth. " } @else { ", open to everybody. " }
                (promise(facts.login))
            }
            @if facts.development {
                p.warning role="note" {
                    strong { "Development." }
                    " Anyone on this computer can sign in as anyone: the server's built-in sign-in checks no password. It answers this computer only."
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
                                @let asking = asking_for(facts, scope.name);
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

/// Returns the items that require a scope: anchor and name.
fn asking_for<'a>(facts: &'a PageFacts<'a>, scope: &str) -> Vec<(String, &'a str)> {
    let asks = |tool: &&ToolEntry<'_>| tool.requirement.scopes().any(|one| one.as_str() == scope);
    let tools = facts.tools.iter().filter(asks);
    let mut asking: Vec<_> = tools
        .map(|tool| (tool::anchor(tool.listing), tool.listing.name.as_ref()))
        .collect();
    asking.extend(prompts_and_resources::asking_for(
        scope,
        &facts.prompts,
        &facts.resources,
    ));
    asking
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
                                a href={ "#" (tool::anchor(tool.listing)) } {
                                    code { (tool.listing.name) }
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

fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
