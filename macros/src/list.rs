//! Expands `tools![…]`, `resources![…]` and `prompts![…]`.
//!
//! A procedural macro can place each error at the item that it is about; `macro_rules!` places it
//! at the whole list.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{
    Attribute, Expr, ExprPath, Token,
    parse::{Parse, ParseStream},
    spanned::Spanned,
};

use crate::{
    attribute_syntax::open,
    errors::Errors,
    item_kind::ItemKind,
    span::{code, located_at, respan, without_locals},
};

/// The input: `$crate tools in scope::ALL; add, #[cfg(…)] desk::list`.
struct List {
    krate: TokenStream,
    kind: ItemKind,
    declared_scopes: Option<ExprPath>,
    items: Vec<(Vec<Attribute>, Expr)>,
}

impl Parse for List {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let krate = input.parse::<Ident>()?.into_token_stream();
        let name: Ident = input.parse()?;
        let kind = ItemKind::ALL
            .into_iter()
            .find(|kind| name == kind.default_register())
            .ok_or_else(|| syn::Error::new(name.span(), "expected a kind of item"))?;
        let declared_scopes = match input.parse::<Option<Token![in]>>()? {
            Some(_) => {
                let item = open(input.parse()?);
                let declared = path(&item).cloned().ok_or_else(|| {
                    syn::Error::new_spanned(&item, "after `in` stands the path of the scopes that `scopes!` declares: write `in scope::ALL;`")
                })?;
                input.parse::<Token![;]>()?;
                Some(declared)
            }
            None => None,
        };
        let mut items = Vec::new();
        while !input.is_empty() {
            items.push((input.call(Attribute::parse_outer)?, open(input.parse()?)));
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(Self {
            krate,
            kind,
            declared_scopes,
            items,
        })
    }
}

/// Expands a list to the function that registers its items.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let list = match syn::parse2::<List>(input) {
        Ok(list) => list,
        Err(error) => return error.to_compile_error(),
    };
    let errors = Errors::new();
    let krate = &list.krate;
    let registrations: TokenStream = list
        .items
        .into_iter()
        .filter_map(|(attributes, item)| match path(&item) {
            Some(path) => Some(registration(
                &attributes,
                path,
                list.declared_scopes.as_ref(),
                krate,
            )),
            None => {
                let (noun, name) = (list.kind.noun(), list.kind.default_register());
                errors.add_on(item, format_args!("this is not the path of a {noun}: list functions by their paths, `{name}![add, desk::list]`"));
                None
            }
        })
        .collect();
    if let Some(errors) = errors.finish() {
        return code!({ #errors |_: &mut _| {} });
    }
    let set = list.kind.type_name("Set");
    code!(|__set: &mut #krate::#set<_>| { #registrations })
}

/// Registers one item. The function and its hidden struct have the same path.
fn registration(
    attributes: &[Attribute],
    path: &ExprPath,
    declared_scopes: Option<&ExprPath>,
    krate: &TokenStream,
) -> TokenStream {
    let place = located_at(path.span());
    let krate = respan(krate, place);
    let name = path.to_token_stream().to_string().replace(' ', "");
    let listed = declared_scopes.map(|declared| {
        quote_spanned! {place=>
            const _: () = __toolgate::assert_listed::<__ToolgateListed>(#name, #declared);
        }
    });
    // A local variable of that name is not the function.
    let function = without_locals(path.to_token_stream());
    quote_spanned! {place=>
        #(#attributes)*
        #[allow(deprecated)]
        let () = {
            // Without `$crate`, each call is located at the entry.
            use #krate::__private as __toolgate;
            type __ToolgateListed = #path;
            #listed
            __toolgate::add(__set, #name, |_: __ToolgateListed| {}, &#function)
        };
    }
}

fn path(item: &Expr) -> Option<&ExprPath> {
    match item {
        Expr::Path(path) => Some(path),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    #[test]
    fn every_entry_that_is_no_path_is_reported() {
        let expanded = expand(quote!(toolgate tools "a", b, c(), )).to_string();
        assert_eq!(expanded.matches("compile_error").count(), 2, "{expanded}");
    }

    #[test]
    fn an_attribute_applies_to_its_entry() {
        let expanded = expand(quote!(toolgate tools a, #[cfg(x)] b)).to_string();
        let (before, after) = expanded.split_once("# [cfg (x)]").unwrap();
        assert!(
            before.contains("& a") && !before.contains("& b"),
            "{before}"
        );
        assert!(after.contains("& b") && !after.contains("& a"), "{after}");
    }
}
