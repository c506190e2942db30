use super::*;
use crate::{function, impl_block};

/// Expands an item that must be invalid.
fn expand_invalid(result: Result<TokenStream, InvalidItem>) -> String {
    match result {
        Ok(valid) => panic!("no error was reported: {valid}"),
        Err(invalid) => expand(invalid).to_string(),
    }
}

#[test]
fn an_invalid_function_is_emitted_with_a_stub() {
    let expanded = expand_invalid(function::expand(
        ItemKind::Tool,
        quote!(),
        quote!(
            pub fn f(#[arg(minimum = 1)] a: &str) {}
        ),
    ));
    for part in [
        "compile_error",
        "pub fn f (a : & str)",
        "pub type f = [() ; { :: core :: compile_error",
    ] {
        assert!(expanded.contains(part), "{part}: {expanded}");
    }
    assert!(!expanded.contains("minimum"), "{expanded}");
}

#[test]
fn an_item_that_is_not_a_function_is_emitted_unchanged() {
    for item in [
        quote!(
            struct S;
        ),
        quote!(impl S {}),
        quote!(
            const C: u8 = 1;
        ),
    ] {
        let expanded = expand_invalid(function::expand(
            ItemKind::Tool,
            quote!(public),
            item.clone(),
        ));
        assert!(expanded.contains("compile_error"), "{expanded}");
        assert!(expanded.ends_with(&item.to_string()), "{expanded}");
    }
}

#[test]
fn an_invalid_block_keeps_its_methods_and_registers_nothing() {
    let expanded = expand_invalid(impl_block::expand(
        TokenStream::new(),
        quote! {
            impl Desk {
                /// Shows.
                #[mcp_tool(public)]
                fn show(&self, #[arg(minimum = 1)] _: u8) {}
            }
        },
    ));
    for part in ["compile_error", "fn show", "pub fn tools", "ItemGroup"] {
        assert!(expanded.contains(part), "{part}: {expanded}");
    }
    assert!(!expanded.contains("push"), "{expanded}");
}
