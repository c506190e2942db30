//! The function that registers the methods of a block, and what it registers.

use std::collections::HashSet;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{ItemImpl, spanned::Spanned};

use super::methods;
use crate::{
    access_tokens::AccessTokens,
    expand,
    function::quiet_calls,
    item_kind::ItemKind,
    model::ItemModel,
    span::{self, code},
    tools_attribute::BlockAttribute,
};

/// Expands the methods of one kind, and the function that registers them.
pub(crate) fn expand(
    kind: ItemKind,
    block: &ItemImpl,
    attribute: &BlockAttribute,
    models: &[ItemModel],
) -> TokenStream {
    let models = models.iter().filter(|model| model.attribute.kind == kind);
    let krate = &attribute.krate;
    let state = span::state();
    // Each bound once: the compiler compares every use of a method with all of them.
    let mut known = HashSet::new();
    let bounds = models
        .clone()
        .flat_map(|model| expand::bounds(model, krate));
    let bounds = bounds.filter(|bound| known.insert(bound.to_string()));
    let bounds: Vec<TokenStream> = bounds.collect();
    let where_clause =
        |bounds: &[TokenStream]| quote!(where #state: #krate::__private::ServerState, #(#bounds)*);
    let register = register(kind, block, attribute);
    let item = kind.marker();
    // One implementation for each method: the compiler infers the types of a whole function at
    // once, and the time for one with every definition is quadratic.
    let register_name = attribute.registers(kind, &block.self_ty);
    let ids = models
        .clone()
        .map(|model| id(&register_name, block, Some(&model.ident)));
    let calls = code! {
        #(<Self as #krate::__private::ItemGroup<#state, #krate::__private::#item, #ids>>::register(__set);)*
    };
    let group = group(kind, block, attribute, &where_clause(&bounds), &calls);
    let methods = models.map(|model| {
        let ident = &model.ident;
        let access = AccessTokens::for_method(model, attribute.declared_scopes.as_ref(), krate);
        let definition = expand::definition(model, &quote!(Self::#ident), &access, krate);
        let set = kind.type_name("Set");
        let body = code!(#krate::__private::#set::push(__set, #definition););
        let bounds = where_clause(&expand::bounds(model, krate));
        implementation(kind, block, attribute, Some(ident), &bounds, &body)
    });
    quote!(#register #group #(#methods)*)
}

/// Builds the function for `.tools(Desk::tools)`, or for another kind.
pub(crate) fn register(
    kind: ItemKind,
    block: &ItemImpl,
    attribute: &BlockAttribute,
) -> TokenStream {
    let krate = &attribute.krate;
    let ty = &block.self_ty;
    let register = attribute.registers(kind, ty);
    let state = span::state();
    let id = id(&register, block, None);
    let (set, item) = (kind.type_name("Set"), kind.marker());
    // Tokens of the user's, so that the compiler reports a block that nobody registers: it reports
    // no generated function that is never used.
    let function = quote_spanned! {register.span()=>
        /// Registers the methods of this type that have an attribute.
        #[allow(unreachable_pub)]
        pub fn #register<#state>(__set: &mut #krate::__private::#set<#state>)
        where
            Self: #krate::__private::ItemGroup<#state, #krate::__private::#item, #id>,
        {
            <Self as #krate::__private::ItemGroup<#state, #krate::__private::#item, #id>>::register(__set)
        }
    };
    quote_spanned! {Span::mixed_site()=>
        #[automatically_derived]
        impl #ty { #function }
    }
}

/// Implements the whole group of tools, resources or prompts for the type.
pub(crate) fn group(
    kind: ItemKind,
    block: &ItemImpl,
    attribute: &BlockAttribute,
    bounds: &TokenStream,
    body: &TokenStream,
) -> TokenStream {
    implementation(kind, block, attribute, None, bounds, body)
}

/// Implements the group of one method, or the whole group.
fn implementation(
    kind: ItemKind,
    block: &ItemImpl,
    attribute: &BlockAttribute,
    method: Option<&Ident>,
    bounds: &TokenStream,
    body: &TokenStream,
) -> TokenStream {
    let krate = &attribute.krate;
    let ty = &block.self_ty;
    let state = span::state();
    let id = id(&attribute.registers(kind, ty), block, method);
    let (set, item) = (kind.type_name("Set"), kind.marker());
    // Our own calls of a deprecated method.
    let quiet = methods(block).find_map(|method| quiet_calls(&method.attrs));
    quote_spanned! {span::located_at(ty.span())=>
        #[automatically_derived]
        #quiet
        impl<#state> #krate::__private::ItemGroup<#state, #krate::__private::#item, #id> for #ty
        #bounds
        {
            fn register(__set: &mut #krate::__private::#set<#state>) {
                #body
            }
        }
    }
}

/// Returns an id that distinguishes the blocks of one type, and the methods of a block: FNV-1a of
/// the names. The id of a block contains its methods: for two blocks with one registering function,
/// the compiler then reports this function alone.
fn id(register: &Ident, block: &ItemImpl, method: Option<&Ident>) -> u64 {
    let name = match method {
        Some(method) => format!("{register}::{method}"),
        None => methods(block).fold(register.to_string(), |name, method| {
            format!("{name}, {}", method.sig.ident)
        }),
    };
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse_quote;

    #[test]
    fn two_blocks_and_two_methods_have_their_own_ids() {
        let (tools, more): (Ident, Ident) = (parse_quote!(tools), parse_quote!(more_tools));
        let block: ItemImpl = parse_quote!(impl Desk { fn more_tools() {} });
        let other: ItemImpl = parse_quote!(impl Desk { fn close() {} });
        let ids = [
            id(&tools, &block, None),
            id(&tools, &other, None),
            id(&more, &block, None),
            id(&tools, &block, Some(&more)),
            id(&more, &block, Some(&tools)),
        ];
        assert_eq!(HashSet::from(ids).len(), 5);
    }
}
