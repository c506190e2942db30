//! Parses the content of `#[mcp_tools(…)]` on an `impl` block.

use proc_macro2::{Span, TokenStream};
use syn::{Expr, ExprPath, Ident};

use crate::{
    attribute::{default_krate, krate},
    attribute_syntax::{Entry, entries},
    errors::Errors,
    item_kind::Family,
};

/// The parsed content of `#[mcp_tools(…)]`.
pub(crate) struct BlockAttribute {
    pub(crate) krate: TokenStream,
    /// The scopes that the methods may require.
    pub(crate) declared_scopes: Option<ExprPath>,
    /// The names of the registering functions that differ from the default.
    registers: Vec<(Family, Ident)>,
}

impl BlockAttribute {
    pub(crate) fn read(tokens: TokenStream, errors: &Errors) -> Self {
        let mut attribute = Self {
            krate: default_krate(),
            declared_scopes: None,
            registers: Vec::new(),
        };
        let known = [
            "register",
            "resources",
            "prompts",
            "declared_scopes",
            "crate",
        ];
        for entry in entries(tokens, &known, errors) {
            match entry.key.to_string().as_str() {
                "crate" => attribute.krate = krate(&entry, errors).unwrap_or_else(default_krate),
                "declared_scopes" => match &entry.value {
                    Some(Expr::Path(path)) => attribute.declared_scopes = Some(path.clone()),
                    _ => errors.at(entry.span(), "`declared_scopes` must be the path of the scopes that `scopes!` declares: write `declared_scopes = scope::ALL`"),
                },
                "resources" => attribute.register(Family::Resource, &entry, errors),
                "prompts" => attribute.register(Family::Prompt, &entry, errors),
                _ => attribute.register(Family::Tool, &entry, errors),
            }
        }
        attribute
    }

    fn register(&mut self, family: Family, entry: &Entry, errors: &Errors) {
        let name = match &entry.value {
            Some(Expr::Path(path)) => path.path.get_ident(),
            _ => None,
        };
        match name {
            Some(name) => self.registers.push((family, name.clone())),
            None => errors.at(
                entry.span(),
                format_args!(
                    "`{0}` must name the function that registers the {1}s: write `{0} = more_{1}s`",
                    entry.key,
                    family.noun()
                ),
            ),
        }
    }

    /// Returns the name of the function that registers the methods of a family.
    pub(crate) fn registers(&self, family: Family) -> Ident {
        let stated = self.registers.iter().find(|(of, _)| *of == family);
        stated.map_or_else(
            || Ident::new(family.register(), Span::call_site()),
            |(_, name)| name.clone(),
        )
    }
}
