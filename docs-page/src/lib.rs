//! The documentation page of [`toolgate`](https://docs.rs/toolgate): the items of a server for
//! people, and how to connect.
//!
//! It is an internal crate. `toolgate` serves the page at `/docs`, is its only user, and pins its
//! exact version: no release promises anything about this interface.
//!
//! [`render`], [`render_markdown`] and [`render_json`] have the same facts.
//!
//! The HTML page has one script, which adds copy buttons, and loads nothing. Its content security
//! policy allows nothing else. `maud` escapes all text from outside.
//!
//! ```
//! use toolgate_docs_page::{Access, Conditions, Login, PageFacts, ResourceEntry, render};
//!
//! let page = render(&PageFacts {
//!     name: "notes",
//!     version: "1.0.0",
//!     resource: "https://mcp.example.com/mcp",
//!     metadata: "https://mcp.example.com/.well-known/oauth-protected-resource/mcp",
//!     page: "/docs",
//!     issuers: Vec::new(),
//!     development: false,
//!     login: Login::Never,
//!     bound_tokens_required: None,
//!     scopes: Vec::new(),
//!     tools: Vec::new(),
//!     prompts: Vec::new(),
//!     resources: vec![ResourceEntry {
//!         uri: "notes://all",
//!         title: None,
//!         description: Some("All <b>notes</b>."),
//!         mime_type: Some("text/markdown"),
//!         access: Access::Public,
//!         conditions: Conditions::default(),
//!     }],
//! });
//! assert!(page.contains("1 resource, open to everybody."));
//! assert!(page.contains("All &lt;b&gt;notes&lt;/b&gt;."));
//! ```

mod argument;
mod client_settings;
mod connect_instructions;
mod doc_comment;
mod facts;
mod json_document;
mod markdown_document;
mod markdown_text;
mod page;
mod prompts_and_resources;
mod requirement;
mod stylesheet;
#[cfg(test)]
mod tests;
mod tool;

pub use facts::{
    Access, Conditions, Login, PageFacts, PromptArgument, PromptEntry, ResourceEntry, ScopeEntry,
    ToolEntry, ToolHints,
};
pub use json_document::render as render_json;
pub use markdown_document::render as render_markdown;
pub use page::{content_security_policy, render};
pub use stylesheet::{STYLESHEET, STYLESHEET_SOURCE};
