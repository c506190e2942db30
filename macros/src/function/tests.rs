use super::*;

#[test]
fn a_method_that_was_read_already_stays_as_it_is() {
    let item = quote!(
        fn f(&self, a: u8) {}
    );
    let mark = READ.parse().unwrap();
    assert_eq!(
        expand(Family::Tool, mark, item.clone()).to_string(),
        item.to_string()
    );
}

#[test]
fn a_wrong_function_is_still_there_with_a_stub() {
    let expanded = expand(
        Family::Tool,
        quote!(),
        quote!(
            pub fn f(#[arg(minimum = 1)] a: &str) {}
        ),
    )
    .to_string();
    for part in [
        "compile_error",
        "pub fn f (a : & str)",
        "pub struct f",
        "stub ()",
    ] {
        assert!(expanded.contains(part), "{part}: {expanded}");
    }
    assert!(!expanded.contains("minimum"), "{expanded}");
}

#[test]
fn what_is_no_function_is_still_there() {
    for item in [
        quote!(
            struct S;
        ),
        quote!(impl S {}),
        quote!(
            const C: u8 = 1;
        ),
    ] {
        let expanded = expand(Family::Tool, quote!(public), item.clone()).to_string();
        assert!(expanded.contains("compile_error"), "{expanded}");
        assert!(expanded.ends_with(&item.to_string()), "{expanded}");
    }
}
