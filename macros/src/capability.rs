//! Parses `client_capabilities = ["sampling"]`: what a client must declare.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::{Expr, ExprLit, Lit, LitStr};

use crate::{attribute_syntax::Entry, errors::Errors};

/// The names of the capabilities in the protocol and in the runtime.
const ALL: [(&str, &str); 6] = [
    ("elicitation", "Elicitation"),
    ("elicitation.url", "ElicitationUrl"),
    ("sampling", "Sampling"),
    ("sampling.tools", "SamplingTools"),
    ("sampling.context", "SamplingContext"),
    ("roots", "Roots"),
];

/// One capability of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClientCapability(&'static str);

impl ClientCapability {
    /// Parses the list of an entry. Every invalid item is an error, so that no required
    /// capability is silently dropped.
    pub(crate) fn parse_list(entry: &Entry, errors: &Errors) -> Vec<Self> {
        let Some(Expr::Array(list)) = &entry.value else {
            let message = "`client_capabilities` must be a list that is written here: write `client_capabilities = [\"sampling\"]`";
            match &entry.value {
                Some(value) => errors.add_on(value, message),
                None => errors.add_at(entry.span(), message),
            }
            return Vec::new();
        };
        if list.elems.is_empty() {
            errors.add_on(
                list,
                "this list is empty: list a capability, or remove `client_capabilities`",
            );
        }
        let mut found = Vec::new();
        for item in &list.elems {
            match item {
                Expr::Lit(ExprLit {
                    lit: Lit::Str(text),
                    ..
                }) => match Self::from_name(text) {
                    Some(one) if found.contains(&one) => {
                        errors.add_on(
                            item,
                            "this capability is listed twice: remove one of the two",
                        );
                    }
                    Some(one) => found.push(one),
                    None => errors.add_on(item, unknown_capability(text)),
                },
                other => errors.add_on(
                    other,
                    "this is not a capability: write a string, such as \"sampling\"",
                ),
            }
        }
        found
    }

    fn from_name(text: &LitStr) -> Option<Self> {
        let value = text.value();
        let (_, variant) = ALL.into_iter().find(|(name, _)| *name == value)?;
        Some(Self(variant))
    }

    /// Builds the runtime's value for this capability.
    pub(crate) fn tokens(self, krate: &TokenStream) -> TokenStream {
        let variant = format_ident!("{}", self.0, span = Span::mixed_site());
        quote!(#krate::__private::ClientCapability::#variant)
    }
}

fn unknown_capability(text: &LitStr) -> String {
    let names = ALL.map(|(name, _)| name).join("`, `");
    format!(
        "there is no client capability `{}`: use one of `{names}`",
        text.value()
    )
}
