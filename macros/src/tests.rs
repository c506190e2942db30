use std::collections::BTreeSet;

use proc_macro2::TokenTree;
use quote::quote;

use crate::{function, impl_block, item_kind::ItemKind, list};

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
    // About 20 of these tokens let the compiler check declared scopes, and 35 compare the function
    // with the one that a list names.
    assert!(bare < 360, "a tool has {bare} tokens");
    assert!(argument < 80, "an argument has {argument} tokens");
    assert!(extractor < 90, "an extractor has {extractor} tokens");
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

/// Expansions with everything that an attribute can declare.
fn full_expansions() -> Vec<proc_macro2::TokenStream> {
    let tool = quote! {
        any_scope = [A, "b"], authorize = check, authorize_scopes = ["c"],
        any_role = [R, ["d", "e"]], acr = ["f", G], max_age = 300, person, name = "n", title = "t",
        read_only, destructive = false, idempotent, open_world, icons = ["https://a", icon],
        meta = value, client_capabilities = ["sampling"], step_up, confirm = "{a}?",
        rate = "9/min", burst = 8, concurrency = 7, timeout = "6s"
    };
    let resource = quote! {
        uri = "a://{b}", public, mime_type = "a/b", title = "t", icons = [icon], meta = value
    };
    let sized = quote!(uri = "a://b", scope = A, role = "d", size = 7);
    let prompt = quote!(authenticated, roles = ["d"], title = "t", meta = value);
    let arguments = quote! {
        #[arg(default = 1, minimum = 0, maximum = 9, header = "A")] a: u8,
        #[arg(default, min_length = 1, max_length = 9, pattern = "a")] b: String,
        #[arg(min_items = 1, max_items = 2)] e: Vec<u8>, #[extract] c: C, State(d): State<D>,
    };
    let whole = quote!(Args(a): Args<A>, d: Caller,);
    let text = quote!(#[arg(complete = names)] b: String, #[extract] c: C,);
    let text = &text;
    let kinds = [
        (ItemKind::Tool, quote!(mcp_tool), &tool, &arguments),
        (ItemKind::Tool, quote!(mcp_tool), &tool, &whole),
        (ItemKind::Resource, quote!(mcp_resource), &resource, text),
        (ItemKind::Resource, quote!(mcp_resource), &sized, &quote!()),
        (ItemKind::Prompt, quote!(mcp_prompt), &prompt, text),
    ];
    let mut expansions = Vec::new();
    for (kind, name, keys, parameters) in kinds {
        let function = quote! {
            /// Does.
            async fn f(#parameters) {}
        };
        expansions.push(function::expand(kind, keys.clone(), function));
        for receiver in [
            quote!(),
            quote!(&self,),
            quote!(self: Arc<Self>,),
            quote!(self: &Arc<Self>,),
        ] {
            let block = quote! {
                impl Desk {
                    /// Does.
                    #[#name(#keys)]
                    async fn f(#receiver #parameters) {}
                }
            };
            expansions.push(impl_block::expand(
                quote!(declared_scopes = scope::ALL),
                block,
            ));
        }
    }
    let expansions = expansions.into_iter().map(|one| one.ok().unwrap());
    let lists = [
        quote!(toolgate tools in scope::ALL; f),
        quote!(toolgate prompts f),
    ];
    expansions.chain(lists.map(list::expand)).collect()
}

/// Calls `see` with the kind of each called function: `true` for `value.name(…)`.
fn calls(tokens: proc_macro2::TokenStream, see: &mut impl FnMut(bool, String)) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let is = |at: Option<usize>, sign: char| {
        let token = at.and_then(|at| tokens.get(at));
        matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == sign)
    };
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => calls(group.stream(), see),
            TokenTree::Ident(name) => {
                let before = at.checked_sub(1);
                let is_method =
                    is(before, '.') && !is(before.and_then(|at| at.checked_sub(1)), '.');
                let is_call = matches!(tokens.get(at + 1), Some(TokenTree::Group(group)) if group.delimiter() == proc_macro2::Delimiter::Parenthesis)
                    || is(Some(at + 1), ':') && is(Some(at + 3), '<');
                if is_method && name != "await" || is(before, ':') && is_call {
                    see(is_method, name.to_string());
                }
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

/// A method of a trait in the user's scope that takes `self` precedes ours that takes `&self`:
/// such a trait could replace the caller that `authorize` sees.
#[test]
fn an_expansion_calls_no_method() {
    for expansion in full_expansions() {
        calls(expansion.clone(), &mut |is_method, name| {
            // It takes `self`, so nothing precedes it.
            assert!(!is_method || name == "scope", "`.{name}(…)`: {expansion}");
        });
    }
}

#[test]
fn the_hostile_trait_has_every_method_that_an_expansion_calls() {
    let program = include_str!("../../tests/ui/pass/hygiene.rs");
    let (_, methods) = program.split_once("hostile! {").unwrap();
    let (methods, _) = methods.split_once('}').unwrap();
    let methods: BTreeSet<&str> = methods.split_whitespace().collect();
    let mut called = BTreeSet::new();
    for expansion in full_expansions() {
        calls(expansion, &mut |_, name| {
            called.insert(name);
        });
    }
    // The function of the item, and variants.
    called.retain(|name| name != "f" && !name.starts_with(char::is_uppercase));
    let called: BTreeSet<&str> = called.iter().map(String::as_str).collect();
    assert_eq!(methods, called, "the methods of `Hostile` in hygiene.rs");
}
