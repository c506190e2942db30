use quote::quote;
use syn::{ItemFn, parse_quote};

use super::*;

fn build(mut function: ItemFn) -> (ItemModel, ItemFn, Vec<String>) {
    let errors = Errors::new();
    let attribute = ItemAttribute::parse(
        ItemKind::Tool,
        quote!(authenticated),
        Span::call_site(),
        &errors,
    );
    let model = ItemModel::build(
        attribute,
        &function.attrs.clone(),
        &mut function.sig,
        &quote!(::toolgate),
        &errors,
    );
    (model, function, errors.texts())
}

fn kinds(function: ItemFn) -> String {
    let (model, _, reported) = build(function);
    assert!(reported.is_empty(), "{reported:?}");
    let kinds = model.parameters.iter().map(|parameter| match parameter {
        Parameter::Receiver(_) => "receiver".to_owned(),
        Parameter::Argument(argument) => format!("argument {}", argument.name),
        Parameter::Arguments(_) => "arguments".to_owned(),
        Parameter::Extractor(_) => "extractor".to_owned(),
    });
    kinds.collect::<Vec<_>>().join(", ")
}

#[test]
fn parameters_are_distinguished_by_type_name_and_attribute() {
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
fn our_attributes_are_removed_and_others_stay() {
    let (_, function, reported) = build(parse_quote! {
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
    assert!(reported.is_empty(), "{reported:?}");
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
fn all_errors_of_a_function_are_reported_together() {
    let (_, _, reported) = build(parse_quote! {
        unsafe extern "C" fn f<T>(a: &str, _: u8, b: impl Trait, c: Cow<'a, str>) -> &str where T: U {}
    });
    assert_eq!(reported.len(), 10, "{reported:#?}");
}
