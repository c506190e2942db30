//! The attributes of `toolgate`. Use them through that crate; this one has no promises.

use proc_macro::TokenStream;

mod access;
mod attribute;
mod doc;
mod entry;
mod errors;
mod expand;
mod fallback;
mod function;
mod group;
mod kind;
mod model;
mod parameter;
mod rules;
mod scope_text;

/// x
#[proc_macro_attribute]
pub fn mcp_tool(attribute: TokenStream, item: TokenStream) -> TokenStream {
    function::expand(attribute.into(), item.into()).into()
}

/// x
#[proc_macro_attribute]
pub fn mcp_tools(attribute: TokenStream, item: TokenStream) -> TokenStream {
    group::expand(attribute.into(), item.into()).into()
}
