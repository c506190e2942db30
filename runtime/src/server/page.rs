//! `/docs`: what a person reads about a server, made of the facts that clients get.
//!
//! No script, no request to anywhere else, and a policy that forbids both. Everything
//! from outside is escaped by construction: `maud` knows text from markup.

use aws_lc_rs::digest;
use base64::{Engine, prelude::BASE64_STANDARD};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use rmcp::model::{Prompt, Tool};

use crate::{access::Requirement, resource::ResourceListing};

mod argument;
mod connect;
mod other;
mod prose;
#[cfg(test)]
mod tests;
mod tool;

use {connect::connect, prose::prose, tool::tool_card};

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
    /// Whether clients connect without a login, and meet it at the first protected call.
    pub(crate) open_handshake: bool,
    /// Whether tokens can be bound to a key, and whether they have to be; none where they
    /// cannot.
    pub(crate) bound_tokens_required: Option<bool>,
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
    /// Whether tools are worth a section: also where there is nothing at all.
    fn has_tools(&self) -> bool {
        !self.tools.is_empty() || (self.prompts.is_empty() && self.resources.is_empty())
    }

    /// Whether nobody has to log in for anything.
    fn is_public(&self) -> bool {
        let tools = self.tools.iter().map(|tool| tool.requirement);
        let prompts = self.prompts.iter().map(|prompt| prompt.requirement);
        let resources = self.resources.iter().map(|resource| resource.requirement);
        let mut all = tools.chain(prompts).chain(resources);
        all.all(|requirement| requirement == Requirement::Public)
    }

    /// Whether a client is asked to log in when it connects.
    fn needs_login(&self) -> bool {
        !self.open_handshake && !self.is_public()
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

/// The style, which the policy names by its hash: what is inserted into the page by
/// somebody else is not applied.
const STYLE: &str = include_str!("page/style.css");

/// The page's `Content-Security-Policy` (CSP Level 3 §6.7.3 on hashes).
pub(crate) fn content_security_policy() -> String {
    let hash = BASE64_STANDARD.encode(digest::digest(&digest::SHA256, STYLE.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
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
                style { (PreEscaped(STYLE)) }
            }
            body {
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
            p.lead {
                (facts.counted())
                @if facts.is_public() {
                    ", open to everybody. No login is needed."
                } @else if facts.open_handshake {
                    ". Anybody can connect with this URL and see what there is; your client leads you through the login when it first calls what is protected."
                } @else {
                    ", behind OAuth. Connect with this URL, and your client leads you through the login."
                }
            }
            p.endpoint { code { (facts.resource) } }
            @if facts.development {
                p.warning role="note" {
                    strong { "Development." }
                    " This server logs in whoever asks, as whomever they like, by an issuer of its own that exists on this machine only."
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
                                        "asked for by "
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
                        dt { "Login" }
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
