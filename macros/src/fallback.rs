//! Beside the errors: the item as it is, and a stub of what the attribute would have made,
//! so that the fault is all that shows.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{ItemFn, ItemImpl};

use crate::{attribute::GroupAttribute, errors::Errors, function, group};

/// The item alone, for what could not have become a tool at all.
pub(crate) fn alone(errors: Errors, item: &impl ToTokens) -> TokenStream {
    let told = errors.finish();
    quote!(#told #item)
}

/// The function, with a tool in name only.
pub(crate) fn function(told: TokenStream, item: &ItemFn, krate: &TokenStream) -> TokenStream {
    let ident = &item.sig.ident;
    let hidden = function::hidden(&item.vis, ident);
    let stub = function::implementation(
        ident,
        &TokenStream::new(),
        &quote!(#krate::__private::stub()),
        krate,
    );
    quote!(#told #item #hidden #stub)
}

/// The block, with a registration of nothing.
pub(crate) fn block(
    told: TokenStream,
    block: &ItemImpl,
    attribute: &GroupAttribute,
) -> TokenStream {
    if block.trait_.is_some() || !block.generics.params.is_empty() {
        // There is no one type that could have the stub.
        return quote!(#told #block);
    }
    let register = group::register(block, attribute);
    let stub = group::implementation(block, attribute, &TokenStream::new(), &TokenStream::new());
    quote!(#told #block #register #stub)
}
