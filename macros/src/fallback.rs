//! The expansion of an invalid item: the errors, the item unchanged, and a stub, so that
//! the compiler reports no errors that only follow from ours.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{ItemFn, ItemImpl};

use crate::{
    errors::Errors, function, impl_block, item_kind::Family, tools_attribute::BlockAttribute,
};

/// Returns the errors and the item alone, for an item that cannot be a tool.
pub(crate) fn alone(errors: Errors, item: &impl ToTokens) -> TokenStream {
    let told = errors.finish();
    quote!(#told #item)
}

/// Returns the errors and the function, with a stub of its definition.
pub(crate) fn function(
    family: Family,
    told: TokenStream,
    item: &ItemFn,
    krate: &TokenStream,
) -> TokenStream {
    let ident = &item.sig.ident;
    let hidden = function::hidden(&item.vis, ident);
    let definition = family.part("Definition");
    let stub = function::implementation(
        family,
        ident,
        &TokenStream::new(),
        &quote!(#krate::__private::#definition::stub()),
        krate,
    );
    let stated = quote! {
        #[automatically_derived]
        impl #krate::__private::Stated for #ident {
            const ACCESS: #krate::__private::Requirement = #krate::__private::Requirement::Authenticated;
        }
    };
    quote!(#told #item #hidden #stated #stub)
}

/// Returns the errors and the block, with an empty registration for each of its families.
pub(crate) fn block(
    told: TokenStream,
    block: &ItemImpl,
    attribute: &BlockAttribute,
    families: &[Family],
) -> TokenStream {
    if block.trait_.is_some() || !block.generics.params.is_empty() {
        // There is no single type to implement the stub for.
        return quote!(#told #block);
    }
    let stubs = families.iter().map(|&family| {
        let register = impl_block::register(family, block, attribute);
        let nothing = TokenStream::new();
        let stub = impl_block::implementation(family, block, attribute, &nothing, &nothing);
        quote!(#register #stub)
    });
    quote!(#told #block #(#stubs)*)
}
