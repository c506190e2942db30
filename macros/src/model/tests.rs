use quote::quote;
use syn::{ItemFn, parse_quote};

use super::*;

fn read(mut function: ItemFn) -> (ItemModel, ItemFn, Vec<String>) {
    let errors = Errors::new();
    let attribute = ItemAttribute::read(
        Family::Tool,
        quote!(authenticated),
        Span::call_site(),
        &errors,
    );
    let model = ItemModel::read(
        attribute,
        &function.attrs.clone(),
        &mut function.sig,
        &quote!(::toolgate),
        &errors,
    );
    (model, function, errors.texts())
}

fn kinds(function: ItemFn) -> String {
    let (model, _, told) = read(function);
    assert!(told.is_empty(), "{told:?}");
    let kinds = model.parameters.iter().map(|parameter| match parameter {
        Parameter::Receiver(_) => "receiver".to_owned(),
        Parameter::Argument(argument) => format!("argument {}", argument.name),
        Parameter::Arguments(_) => "arguments".to_owned(),
        Parameter::Extractor(_) => "extractor".to_owned(),
    });
    kinds.collect::<Vec<_>>().join(", ")
}

#[test]
fn parameters_are_told_apart_by_name_and_mark() {
    assert_eq!(
        kinds(parse_quote! {
            /// Does.
            fn f(
                a: String, mut b: m::Other<State>, r#c: u8,
                State(s): State<Db>, t: toolgate::State<Db>, u: Caller, v: Option<Caller>,
                w: ::toolgate::Context, #[extract] (x, y): Pair, #[arg] z: Context,
            ) {}
        }),
        "argument a, argument b, argument c, extractor, extractor, extractor, extractor, extractor, extractor, argument z"
    );
    assert_eq!(
        kinds(parse_quote! {
            /// Does.
            fn f(Args(a): Args<Search>, State(s): State<Arc<dyn Fn(&str) -> String + Send + Sync>>) {}
        }),
        "arguments, extractor"
    );
    assert_eq!(
        kinds(parse_quote! {
            /// Does.
            fn f(self: &std::sync::Arc<Self>, #[arg(rename = "b")] (c, d): (u8, u8)) -> &'static str {}
        }),
        "receiver, argument b"
    );
}

#[test]
fn our_attributes_are_taken_off_and_others_stay() {
    let (_, function, told) = read(parse_quote! {
        /// Does.
        #[inline]
        fn f(
            /// Said.
            #[arg(minimum = 1)]
            #[allow(unused)]
            a: u8,
            #[extract] b: B,
        ) {}
    });
    assert!(told.is_empty(), "{told:?}");
    let left = quote!(#function).to_string();
    assert!(
        !left.contains("arg") && !left.contains("extract") && !left.contains("Said"),
        "{left}"
    );
    assert!(
        left.contains("allow") && left.contains("inline") && left.contains("Does"),
        "{left}"
    );
}

#[test]
fn every_fault_of_a_function_is_told_at_once() {
    let (_, _, told) = read(parse_quote! {
        unsafe extern "C" fn f<T>(a: &str, _: u8, b: impl Trait, c: Cow<'a, str>) -> &str where T: U {}
    });
    assert_eq!(told.len(), 10, "{told:#?}");
}
