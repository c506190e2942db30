use super::*;

#[test]
fn methods_without_the_attribute_are_not_tools() {
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
    .ok()
    .unwrap()
    .to_string();
    assert!(expanded.contains("Self :: show"), "{expanded}");
    assert!(!expanded.contains("Self :: hide"), "{expanded}");
}
