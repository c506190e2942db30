//! Expands `#[mcp_tool]`, `#[mcp_resource]` and `#[mcp_prompt]` on a free function.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Attribute, FnArg, Ident, Item, ItemFn, Visibility};

use crate::{
    attribute::{ItemAttribute, default_krate},
    errors::Errors,
    expand::{self, AccessTokens},
    fallback,
    item_kind::Family,
    model::ItemModel,
};

/// The mark that `#[mcp_tools]` leaves in the attribute of a method that it has expanded.
pub(crate) const READ: &str = "__read_by_mcp_tools";

/// Expands `#[mcp_tool(attribute)] item`, or the same for the other families.
pub(crate) fn expand(family: Family, attribute: TokenStream, item: TokenStream) -> TokenStream {
    if attribute.to_string() == READ {
        return item;
    }
    let errors = Errors::new();
    let mut function = match syn::parse2::<Item>(item.clone()) {
        Ok(Item::Fn(function)) => function,
        other => return no_function(family, other, item, errors),
    };
    if let Some(FnArg::Receiver(receiver)) = function.sig.inputs.first() {
        errors.on(
            receiver,
            format_args!(
                "a method becomes a {} through its `impl` block: put `#[mcp_tools]` on the block, and keep `#[{}(…)]` here",
                family.noun(),
                family.attribute()
            ),
        );
        return fallback::alone(errors, &without_our_attributes(function));
    }
    let attribute = ItemAttribute::read(family, attribute, Span::call_site(), &errors);
    let krate = attribute.krate.clone().unwrap_or_else(default_krate);
    for again in function.attrs.iter().filter(|one| is_ours(one)) {
        errors.on(
            again,
            format_args!(
                "this function is already a {}: keep only one `#[{}(…)]`",
                family.noun(),
                family.attribute()
            ),
        );
    }
    function.attrs.retain(|one| !is_ours(one));
    let model = ItemModel::read(
        attribute,
        &function.attrs,
        &mut function.sig,
        &krate,
        &errors,
    );
    if let Some(told) = errors.finish() {
        return fallback::function(family, told, &function, &krate);
    }

    let ident = &model.ident;
    let hidden = hidden(&function.vis, ident);
    let stated = stated(ident, &model, &krate);
    let implementation = implementation(
        family,
        ident,
        &expand::bounds(&model, &krate),
        &expand::definition(
            &model,
            &ident.to_token_stream(),
            &AccessTokens::stated(&krate),
            &krate,
        ),
        &krate,
    );
    quote!(#function #hidden #stated #implementation)
}

/// Implements the access on the hidden struct, independent of the state of a server.
fn stated(ident: &Ident, model: &ItemModel, krate: &TokenStream) -> TokenStream {
    let access = expand::access(model, krate);
    let demands = expand::demands(model, krate).map(|demands| {
        quote_spanned! {Span::mixed_site()=>
            const DEMANDS: &'static [#krate::__private::Scope] = #demands;
        }
    });
    quote_spanned! {Span::mixed_site()=>
        #[automatically_derived]
        impl #krate::__private::Stated for #ident {
            const ACCESS: #krate::__private::Requirement = #access;
            #demands
        }
    }
}

/// Builds the hidden struct. It has the function's name in the type namespace, so a `use`
/// imports both. It has braces, so it takes no name in the value namespace.
pub(crate) fn hidden(visibility: &Visibility, ident: &Ident) -> TokenStream {
    // Located at the function's name, but not a token of the user's: lints about names and
    // documentation of items must not apply to it.
    let ident = expand::named(ident);
    quote_spanned! {Span::mixed_site()=>
        #[doc(hidden)]
        #visibility struct #ident {}
    }
}

/// Implements the definition of the item on the hidden struct.
pub(crate) fn implementation(
    family: Family,
    ident: &Ident,
    bounds: &TokenStream,
    definition: &TokenStream,
    krate: &TokenStream,
) -> TokenStream {
    let state = expand::state();
    let (kind, result) = (family.kind(), family.part("Definition"));
    quote_spanned! {Span::mixed_site()=>
        #[automatically_derived]
        impl<#state> #krate::__private::ItemDef<#state, #krate::__private::#kind> for #ident
        where
            #state: #krate::__private::ServerState,
            #bounds
        {
            fn definition() -> #krate::__private::#result<#state> {
                #definition
            }
        }
    }
}

/// Returns whether an attribute declares a tool, a resource or a prompt.
pub(crate) fn is_ours(attribute: &Attribute) -> bool {
    Family::of(attribute).is_some()
}

fn without_our_attributes(mut function: ItemFn) -> ItemFn {
    function.attrs.retain(|one| !is_ours(one));
    function
        .sig
        .inputs
        .iter_mut()
        .for_each(crate::parameter::clean);
    function
}

fn no_function(
    family: Family,
    item: syn::Result<Item>,
    tokens: TokenStream,
    errors: Errors,
) -> TokenStream {
    let (name, noun) = (family.attribute(), family.noun());
    match item {
        Ok(Item::Impl(_)) => errors.at(
            Span::call_site(),
            format_args!("`#[{name}(…)]` does not apply to an `impl` block: put `#[mcp_tools]` on the block, and `#[{name}(…)]` on each method"),
        ),
        Ok(Item::Struct(_) | Item::Enum(_)) if family == Family::Tool => errors.at(
            Span::call_site(),
            "toolgate builds a tool from a function, not from a type: put `#[mcp_tool(…)]` on a function, and take a struct of arguments as `Args<T>`; if you meant another crate's `#[mcp_tool]`, check the `use`",
        ),
        Ok(_) => errors.at(
            Span::call_site(),
            format_args!("toolgate builds a {noun} from a function: put `#[{name}(…)]` on a function"),
        ),
        Err(error) => errors.push(error),
    }
    fallback::alone(errors, &tokens)
}

#[cfg(test)]
mod tests;
