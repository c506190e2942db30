//! Beside the errors: the item as it is, and a stub of what the attribute would have made,
//! so that the fault is all that shows.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{ItemFn, ItemImpl};

use crate::{block::BlockAttribute, errors::Errors, family::Family, function, group};

/// The item alone, for what could not have become a tool at all.
pub(crate) fn alone(errors: Errors, item: &impl ToTokens) -> TokenStream {
    let told = errors.finish();
    quote!(#told #item)
}

/// The function, with a tool in name only.
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

/// The block, with a registration of nothing of each family that it has.
pub(crate) fn block(
    told: TokenStream,
    block: &ItemImpl,
    attribute: &BlockAttribute,
    families: &[Family],
) -> TokenStream {
    if block.trait_.is_some() || !block.generics.params.is_empty() {
        // There is no one type that could have the stub.
        return quote!(#told #block);
    }
    let stubs = families.iter().map(|&family| {
        let register = group::register(family, block, attribute);
        let nothing = TokenStream::new();
        let stub = group::implementation(family, block, attribute, &nothing, &nothing);
        quote!(#register #stub)
    });
    quote!(#told #block #(#stubs)*)
}
