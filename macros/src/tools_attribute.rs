//! Parses the content of `#[mcp_tools(…)]` on an `impl` block.

use proc_macro2::TokenStream;
use syn::{Expr, ExprPath, Ident, Type, spanned::Spanned};

use crate::{
    attribute::{krate_or_default, parse_krate},
    attribute_syntax::{Entry, parse_entries},
    errors::Errors,
    item_kind::ItemKind,
};

const KEYS: [&str; 5] = ["tools", "resources", "prompts", "declared_scopes", "crate"];

/// The parsed content of `#[mcp_tools(…)]`.
pub(crate) struct BlockAttribute {
    pub(crate) krate: TokenStream,
    /// The scopes that the methods may require.
    pub(crate) declared_scopes: Option<ExprPath>,
    /// The names of the registering functions that differ from the default.
    registers: Vec<(ItemKind, Ident)>,
}

impl BlockAttribute {
    pub(crate) fn parse(tokens: TokenStream, errors: &Errors) -> Self {
        let mut krate = None;
        let mut attribute = Self {
            krate: TokenStream::new(),
            declared_scopes: None,
            registers: Vec::new(),
        };
        for entry in parse_entries(tokens, &KEYS, errors) {
            match entry.key.to_string().as_str() {
                "crate" => krate = parse_krate(&entry, errors),
                "declared_scopes" => match &entry.value {
                    Some(Expr::Path(path)) => attribute.declared_scopes = Some(path.clone()),
                    _ => errors.add_at(entry.span(), "`declared_scopes` must be the path of the scopes that `scopes!` declares: write `declared_scopes = scope::ALL`"),
                },
                "resources" => attribute.register(ItemKind::Resource, &entry, errors),
                "prompts" => attribute.register(ItemKind::Prompt, &entry, errors),
                _ => attribute.register(ItemKind::Tool, &entry, errors),
            }
        }
        attribute.krate = krate_or_default(krate, errors);
        attribute
    }

    fn register(&mut self, kind: ItemKind, entry: &Entry, errors: &Errors) {
        let name = match &entry.value {
            Some(Expr::Path(path)) => path.path.get_ident(),
            _ => None,
        };
        match name {
            Some(name) => self.registers.push((kind, name.clone())),
            None => errors.add_at(
                entry.span(),
                format_args!(
                    "`{0}` must name the function that registers the {1}s: write `{0} = more_{1}s`",
                    entry.key,
                    kind.noun()
                ),
            ),
        }
    }

    /// Returns the name of the function that registers the methods of a kind. The default is
    /// located at the type of the block.
    pub(crate) fn registers(&self, kind: ItemKind, ty: &Type) -> Ident {
        let declared = self.registers.iter().find(|(one, _)| *one == kind);
        declared.map_or_else(
            || Ident::new(kind.default_register(), ty.span()),
            |(_, name)| name.clone(),
        )
    }
}
