use syn::parse_quote;

use super::*;

#[test]
fn methods_without_the_attribute_are_no_tools() {
    let expanded = expand(
        TokenStream::new(),
        quote! {
            impl Desk {
                /// Shows.
                #[mcp_tool(public)]
                fn show(&self) {}
                /// Hides.
                fn hide(&self) {}
            }
        },
    )
    .to_string();
    assert!(expanded.contains("Self :: show"), "{expanded}");
    assert!(!expanded.contains("Self :: hide"), "{expanded}");
}

#[test]
fn a_wrong_block_keeps_its_methods_and_registers_nothing() {
    let expanded = expand(
        TokenStream::new(),
        quote! {
            impl Desk {
                /// Shows.
                #[mcp_tool(public)]
                fn show(&self, #[arg(minimum = 1)] _: u8) {}
            }
        },
    )
    .to_string();
    for part in ["compile_error", "fn show", "pub fn tools", "ItemGroup"] {
        assert!(expanded.contains(part), "{part}: {expanded}");
    }
    assert!(!expanded.contains("push"), "{expanded}");
}

#[test]
fn two_blocks_have_two_numbers() {
    assert_ne!(
        number(&parse_quote!(tools)),
        number(&parse_quote!(more_tools))
    );
}
