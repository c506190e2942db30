use proc_macro2::TokenTree;
use quote::quote;

use crate::{function, impl_block, item_kind::ItemKind};

fn count(tokens: proc_macro2::TokenStream) -> usize {
    tokens
        .into_iter()
        .map(|token| match token {
            TokenTree::Group(group) => 2 + count(group.stream()),
            _ => 1,
        })
        .sum()
}

fn tool(parameters: proc_macro2::TokenStream) -> proc_macro2::TokenStream {
    function::expand(
        ItemKind::Tool,
        quote!(scope = "a"),
        quote! {
            /// Does.
            async fn f(#parameters) -> String {}
        },
    )
    .ok()
    .unwrap()
}

/// The compile time of a tool depends mostly on the size of its expansion.
#[test]
fn an_expansion_is_small() {
    let bare = count(tool(quote!()));
    let argument = count(tool(quote!(a: String))) - bare;
    let extractor = count(tool(quote!(State(a): State<Db>))) - bare;
    // About 20 of these tokens let the compiler check declared scopes.
    assert!(bare < 300, "a tool has {bare} tokens");
    assert!(argument < 60, "an argument has {argument} tokens");
    assert!(extractor < 80, "an extractor has {extractor} tokens");
}

#[test]
fn an_expansion_derives_nothing_and_is_safe() {
    let text = tool(quote!(a: String, State(b): State<Db>)).to_string();
    assert!(
        !text.contains("[derive") && !text.contains("unsafe"),
        "{text}"
    );
}

#[test]
fn the_function_is_emitted_as_written() {
    let item = quote! {
        #[doc = " Does."]
        #[inline]
        pub(crate) async fn f(mut a: String) -> String { a.push('x'); a }
    };
    let text = function::expand(ItemKind::Tool, quote!(public), item.clone());
    let text = text.ok().unwrap().to_string();
    assert!(text.starts_with(&item.to_string()), "{text}");
}

#[test]
fn every_path_begins_with_the_given_crate() {
    for text in [
        function::expand(
            ItemKind::Tool,
            quote!(scope = A, crate = my::gate),
            quote! {
                /// Does.
                fn f(a: u8, b: Caller) {}
            },
        ),
        impl_block::expand(
            quote!(crate = my::gate),
            quote! {
                impl Desk {
                    /// Does.
                    #[mcp_tool(scope = A)]
                    fn f(&self, a: u8, b: Caller) {}
                }
            },
        ),
    ] {
        let text = text.ok().unwrap().to_string();
        assert!(
            text.contains("my :: gate :: __private") && !text.contains("toolgate"),
            "{text}"
        );
    }
}
