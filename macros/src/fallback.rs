//! The expansion of an invalid item: the errors, the item unchanged, and a stub, so that
//! the compiler reports no errors that only follow from ours.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{ItemFn, ItemImpl};

use crate::{
    function, impl_block::registration, invalid_item::InvalidItem, item_kind::ItemKind,
    tools_attribute::BlockAttribute,
};

/// Expands an invalid item.
pub(crate) fn expand(invalid: InvalidItem) -> TokenStream {
    match invalid {
        InvalidItem::Other { errors, item } => quote!(#errors #item),
        InvalidItem::Function {
            errors,
            item,
            kind,
            krate,
        } => {
            let stub = function_stub(kind, &item, &krate);
            quote!(#errors #item #stub)
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

/// Builds the hidden struct of a function, with a stub of its definition.
fn function_stub(kind: ItemKind, item: &ItemFn, krate: &TokenStream) -> TokenStream {
    let ident = &item.sig.ident;
    let hidden = function::hidden(&item.vis, ident);
    let definition = kind.type_name("Definition");
    let stub = function::implementation(
        kind,
        ident,
        function::quiet_calls(&item.attrs).as_ref(),
        &TokenStream::new(),
        &quote!(#krate::__private::#definition::stub()),
        // Not of the function, which may be generic.
        &quote!(#krate::__private::TypeId::of::<Self>()),
        krate,
    );
    quote! {
        #hidden
        #[automatically_derived]
        impl #krate::__private::Stated for #ident {
            const ACCESS: #krate::__private::Requirement = #krate::__private::Requirement::Authenticated;
        }
        #stub
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
