//! An item that cannot be expanded: its errors, and what is left of it for the fallback.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{ItemFn, ItemImpl};

use crate::{errors::Errors, item_kind::ItemKind, tools_attribute::BlockAttribute};

/// An item with errors, without our attributes.
pub(crate) enum InvalidItem {
    /// An item that cannot be a tool.
    Other {
        errors: TokenStream,
        item: TokenStream,
    },
    /// A function that declares an item.
    Function {
        errors: TokenStream,
        item: Box<ItemFn>,
    },
    /// An `impl` block, with the kinds of item that its methods declare.
    Block {
        errors: TokenStream,
        item: Box<ItemImpl>,
        attribute: Box<BlockAttribute>,
        kinds: Vec<ItemKind>,
    },
}

impl InvalidItem {
    /// Takes the errors of an item that cannot be a tool.
    pub(crate) fn other(errors: Errors, item: impl ToTokens) -> Self {
        Self::Other {
            errors: errors.finish().unwrap_or_default(),
            item: item.into_token_stream(),
        }
    }
}
