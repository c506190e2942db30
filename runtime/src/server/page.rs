//! `/docs`: what a person reads about a server, made of the facts that clients get.
//!
//! One script, which adds buttons to copy, no request to anywhere else, and a policy that
//! allows no more. Everything from outside is escaped by construction: `maud` knows text
//! from markup.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use rmcp::model::{Prompt, Tool};

use crate::{
    access::Requirement,
    resource::ResourceListing,
    stylesheet::{STYLESHEET, STYLESHEET_SOURCE, policy_source},
};

mod argument;
mod clients;
mod connect;
mod other;
mod prose;
#[cfg(test)]
mod tests;
mod tool;

use super::login::Login;
use {
    connect::{connect, promise},
    prose::prose,
    tool::tool_card,
};

/// What the page is made of.
pub(crate) struct PageFacts<'a> {
    /// The server's name, as clients see it.
    pub(crate) name: &'a str,
    /// The server's version.
    pub(crate) version: &'a str,
    /// The resource: the URL that clients connect to.
    pub(crate) resource: &'a str,
    /// Where the RFC 9728 document is.
    pub(crate) metadata: &'a str,
    /// Who logs people in; the first is the one that clients use.
    pub(crate) issuers: Vec<&'a str>,
    /// Whether that is the embedded development issuer.
    pub(crate) development: bool,
    /// Whether tokens can be bound to a key, and whether they have to be; none where they
    /// cannot.
    pub(crate) bound_tokens_required: Option<bool>,
    /// When a client is led to a login.
    pub(crate) login: Login,
    /// Every scope, sorted.
    pub(crate) scopes: Vec<ScopeEntry<'a>>,
    /// Every tool, in the order of the listing.
    pub(crate) tools: Vec<ToolEntry<'a>>,
    /// Every prompt, in the order of the listing.
    pub(crate) prompts: Vec<PromptEntry<'a>>,
    /// Every resource and every template.
    pub(crate) resources: Vec<ResourceEntry<'a>>,
}

/// A scope, and what it lets a caller do.
pub(crate) struct ScopeEntry<'a> {
    pub(crate) name: &'a str,
    pub(crate) description: Option<&'a str>,
}

/// A tool, and what it asks of its caller.
#[derive(Clone, Copy)]
pub(crate) struct ToolEntry<'a> {
    pub(crate) listing: &'a Tool,
    pub(crate) requirement: Requirement,
}

/// A prompt, and what it asks of whoever gets it.
#[derive(Clone, Copy)]
pub(crate) struct PromptEntry<'a> {
    pub(crate) listing: &'a Prompt,
    pub(crate) requirement: Requirement,
}

/// A resource, and what it asks of its reader.
#[derive(Clone, Copy)]
pub(crate) struct ResourceEntry<'a> {
    pub(crate) listing: &'a ResourceListing,
    pub(crate) requirement: Requirement,
}

impl ToolEntry<'_> {
    fn is_public(&self) -> bool {
        self.requirement == Requirement::Public
    }
}

impl PageFacts<'_> {
    /// Whether anything needs a login.
    fn has_login(&self) -> bool {
        self.login != Login::Never
    }

    /// Whether tools are worth a section: also where there is nothing at all.
    fn has_tools(&self) -> bool {
        !self.tools.is_empty() || (self.prompts.is_empty() && self.resources.is_empty())
    }

    /// What there is, in words.
    fn counted(&self) -> String {
        let mut told = Vec::new();
        if self.has_tools() {
            told.push(count(self.tools.len(), "tool", "tools"));
        }
        if !self.prompts.is_empty() {
            told.push(count(self.prompts.len(), "prompt", "prompts"));
        }
        if !self.resources.is_empty() {
            told.push(count(self.resources.len(), "resource", "resources"));
        }
        told.join(", ")
    }
}

/// The one script. Without it the page lacks the buttons and nothing else.
const SCRIPT: &str = include_str!("page/copy.js");

/// The page's `Content-Security-Policy`: the style and the script are named by what they
/// say, so what somebody else inserts into the page neither applies nor runs.
pub(crate) fn content_security_policy() -> String {
    format!(
        "default-src 'none'; script-src {}; style-src {}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        policy_source(SCRIPT),
        *STYLESHEET_SOURCE
    )
}

/// The page, whole.
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
                    (other::prompts(&facts.prompts))
                    (other::resources(&facts.resources))
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
                    " Anyone on this computer can sign in as anyone: the server brings a sign-in of its own, which checks no password and answers this computer only."
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

/// What asks for a scope: where it is, and what it is called.
fn asking_for<'a>(facts: &'a PageFacts<'a>, scope: &str) -> Vec<(String, &'a str)> {
    let asks = |tool: &&ToolEntry<'_>| tool.requirement.scopes().any(|one| one.as_str() == scope);
    let tools = facts.tools.iter().filter(asks);
    let mut asking: Vec<_> = tools
        .map(|tool| (tool::anchor(tool.listing), tool.listing.name.as_ref()))
        .collect();
    asking.extend(other::asking_for(scope, &facts.prompts, &facts.resources));
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
                (tool_card(*tool))
            }
        }
        }
    }
}

/// From how many tools on there is an index.
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
