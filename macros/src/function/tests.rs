use super::*;

#[test]
fn a_method_that_was_read_already_stays_as_it_is() {
    let item = quote!(
        fn f(&self, a: u8) {}
    );
    let mark = READ.parse().unwrap();
    let expanded = expand(Family::Tool, mark, item.clone()).ok().unwrap();
    assert_eq!(expanded.to_string(), item.to_string());
}
