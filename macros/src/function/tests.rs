use super::*;

#[test]
fn a_method_that_was_expanded_already_is_unchanged() {
    let item = quote!(
        fn f(&self, a: u8) {}
    );
    let mark = EXPANDED.parse().unwrap();
    let expanded = expand(ItemKind::Tool, mark, item.clone()).ok().unwrap();
    assert_eq!(expanded.to_string(), item.to_string());
}
