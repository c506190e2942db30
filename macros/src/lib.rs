//! The attributes of `toolgate`.
use proc_macro::TokenStream;
/// x
#[proc_macro_attribute]
pub fn mcp_tool(_a: TokenStream, item: TokenStream) -> TokenStream {
    item
}
/// x
#[proc_macro_attribute]
pub fn mcp_tools(_a: TokenStream, item: TokenStream) -> TokenStream {
    item
}
