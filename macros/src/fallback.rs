//! The expansion of an invalid item: the errors, the item unchanged, and a stub, so that
//! the compiler reports no errors that only follow from ours.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{ItemFn, ItemImpl};

use crate::{
    impl_block::registration,
    invalid_item::InvalidItem,
    item_kind::ItemKind,
    span::{self, code},
    tools_attribute::BlockAttribute,
};

/// Expands an invalid item.
pub(crate) fn expand(invalid: InvalidItem) -> TokenStream {
    match invalid {
        InvalidItem::Other { errors, item } => quote!(#errors #item),
        InvalidItem::Function { errors, item } => {
            let stub = function_stub(&errors, &item);
            quote!(#item #stub)
        }
        InvalidItem::Block {
            errors,
            item,
            attribute,
            kinds,
        } => {
            let stub = block_stub(&kinds, &item, &attribute);
            quote!(#errors #item #stub)
        }
    }
}

/// Builds the type with the function's name. The errors are in its array length, so the compiler
/// reports nothing else about what names the type, such as an entry of a list. That includes the
/// parameters of a generic function, which no list could infer.
fn function_stub(errors: &TokenStream, item: &ItemFn) -> TokenStream {
    let (visibility, ident) = (&item.vis, span::named(&item.sig.ident));
    code! {
        #[doc(hidden)]
        #visibility type #ident = [(); { #errors 0 }];
    }
}

/// Builds an empty registration for each kind of item in a block.
fn block_stub(kinds: &[ItemKind], item: &ItemImpl, attribute: &BlockAttribute) -> TokenStream {
    if item.trait_.is_some() || !item.generics.params.is_empty() {
        // There is no single type to implement the stub for.
        return TokenStream::new();
    }
    let stubs = kinds.iter().map(|&kind| {
        let register = registration::register(kind, item, attribute);
        let nothing = TokenStream::new();
        let stub = registration::group(kind, item, attribute, &nothing, &nothing);
        quote!(#register #stub)
    });
    quote!(#(#stubs)*)
}

#[cfg(test)]
mod tests;
