//! Parses the access of an item: exactly one of five keys, or a compile error.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Expr, ExprLit, ExprPath, Lit, LitStr, spanned::Spanned};

use crate::{attribute_syntax::Entry, errors::Errors, scope_value, span::respan};

/// The keys that declare access.
pub(crate) const KEYS: [&str; 5] = ["scope", "scopes", "any_scope", "authenticated", "public"];

/// The choices, as an error message lists them.
pub(crate) const CHOICES: &str = "add one of\n    \
    `scope = \"news:read\"`          a token with this scope\n    \
    `scopes = [\"a\", \"b\"]`          a token with all of these\n    \
    `any_scope = [\"a\", [\"b\", \"c\"]]` a token with one of these, or with a whole inner list\n    \
    `authenticated`                any valid token\n    \
    `public`                       no token at all";

/// The access that an item requires.
pub(crate) enum Access {
    Public,
    Authenticated,
    /// Alternative sets; a token needs all scopes of one set.
    Scopes(Vec<Vec<Scope>>),
}

/// One scope.
pub(crate) enum Scope {
    Literal(LitStr),
    Path(ExprPath),
}

impl Access {
    /// Parses one of the five keys.
    pub(crate) fn parse(entry: &Entry, errors: &Errors) -> Option<Self> {
        if entry.key == "public" {
            entry.flag(errors);
            return Some(Self::Public);
        }
        if entry.key == "authenticated" {
            entry.flag(errors);
            return Some(Self::Authenticated);
        }
        let Some(value) = &entry.value else {
            errors.add_at(
                entry.span(),
                format_args!(
                    "`{}` needs a value, as in `scope = \"news:read\"` or `scopes = [\"a\", \"b\"]`",
                    entry.key
                ),
            );
            return None;
        };
        let sets = if entry.key == "scope" {
            vec![vec![parse_scope(value, errors)?]]
        } else if entry.key == "scopes" {
            vec![parse_set(value, "scopes", errors)?]
        } else {
            let Expr::Array(list) = value else {
                errors.add_on(
                    value,
                    "`any_scope` must be a list: write `any_scope = [\"a\", [\"b\", \"c\"]]`",
                );
                return None;
            };
            let sets: Vec<(&Expr, Vec<Scope>)> = list
                .elems
                .iter()
                .filter_map(|item| {
                    let set = match item {
                        Expr::Array(_) => parse_set(item, "any_scope", errors),
                        other => parse_scope(other, errors).map(|scope| vec![scope]),
                    };
                    set.map(|set| (item, set))
                })
                .collect();
            let names = |set: &Vec<Scope>| set.iter().map(Scope::text).collect();
            let named: Vec<_> = sets.iter().map(|(item, set)| (*item, names(set))).collect();
            check_alternatives(&named, "scopes", errors);
            let sets: Vec<_> = sets.into_iter().map(|(_, set)| set).collect();
            if list.elems.is_empty() {
                errors.add_on(list, "this list is empty, so every call would be denied: list a scope, or write `authenticated`");
            }
            sets
        };
        Some(Self::Scopes(sets))
    }

    /// Returns the scopes.
    pub(crate) fn scopes(&self) -> impl Iterator<Item = &Scope> {
        let sets: &[Vec<Scope>] = match self {
            Self::Scopes(sets) => sets,
            Self::Public | Self::Authenticated => &[],
        };
        sets.iter().flatten()
    }

    /// Returns the scopes, to change them.
    pub(crate) fn scopes_mut(&mut self) -> impl Iterator<Item = &mut Scope> {
        let sets: &mut [Vec<Scope>] = match self {
            Self::Scopes(sets) => sets,
            Self::Public | Self::Authenticated => &mut [],
        };
        sets.iter_mut().flatten()
    }

    /// Builds the requirement as a constant, so that scopes from constants are checked at
    /// compile time.
    pub(crate) fn tokens(&self, krate: &TokenStream) -> TokenStream {
        match self {
            Self::Public => quote!(#krate::__private::Requirement::Public),
            Self::Authenticated => quote!(#krate::__private::Requirement::Authenticated),
            Self::Scopes(sets) => {
                let sets = sets.iter().map(|set| {
                    let scopes = set.iter().map(|scope| scope.tokens(krate));
                    quote!(&[#(#scopes),*])
                });
                quote!(#krate::__private::Requirement::Scopes(&[#(#sets),*]))
            }
        }
    }
}

impl Scope {
    pub(crate) fn tokens(&self, krate: &TokenStream) -> TokenStream {
        match self {
            Self::Literal(text) => {
                quote!(#krate::__private::Scope::new(#text))
            }
            Self::Path(path) => {
                let krate = respan(krate, path.span());
                // A method call, because a path cannot choose between the two types. The method
                // takes `self`, so no trait's method precedes it.
                quote_spanned!(path.span()=> #krate::__private::ScopeText(#path).scope())
            }
        }
    }

    /// The text that identifies this scope in a list.
    fn text(&self) -> String {
        match self {
            Self::Literal(text) => text.value(),
            Self::Path(path) => quote!(#path).to_string(),
        }
    }
}

/// Reports each alternative that includes another one: it never changes a decision.
///
/// `all` is the key that requires every item of a list.
pub(crate) fn check_alternatives(sets: &[(&Expr, BTreeSet<String>)], all: &str, errors: &Errors) {
    for (at, (place, set)) in sets.iter().enumerate() {
        // Of two equal alternatives, the later one is reported.
        let enough = sets.iter().enumerate().find(|&(other, (_, smaller))| {
            !smaller.is_empty()
                && smaller.is_subset(set)
                && (other < at || other > at && smaller != set)
        });
        if let Some((_, (_, enough))) = enough {
            let names: Vec<&str> = enough.iter().map(String::as_str).collect();
            let verb = if names.len() == 1 { "is" } else { "are" };
            errors.add_on(
                place,
                format_args!(
                    "this alternative is never needed: `{}` alone {verb} enough; remove one of the two, or write `{all} = […]` to require all",
                    names.join("` and `")
                ),
            );
        }
    }
}

/// Parses a set of scopes that are all required.
pub(crate) fn parse_set(value: &Expr, key: &str, errors: &Errors) -> Option<Vec<Scope>> {
    let Expr::Array(list) = value else {
        // A constant cannot be evaluated here, so its scopes could not be checked.
        errors.add_on(
            value,
            format_args!("`{key}` must be a list that is written here: write `{key} = [\"a\", \"b\"]`, with each scope a string or the path of a constant"),
        );
        return None;
    };
    let mut scopes: Vec<Scope> = Vec::new();
    for item in &list.elems {
        let Some(scope) = parse_scope(item, errors) else {
            continue;
        };
        match scopes.iter().any(|earlier| earlier.text() == scope.text()) {
            true => errors.add_on(item, "this scope is listed twice: remove one of the two"),
            false => scopes.push(scope),
        }
    }
    if list.elems.is_empty() {
        let instead = match key {
            "authorize_scopes" => "remove `authorize_scopes`",
            _ => "write `authenticated` or `public` instead",
        };
        errors.add_on(
            list,
            format_args!("this list is empty: list a scope, or {instead}"),
        );
    }
    Some(scopes)
}

/// Parses one scope: a string literal, or the path of a constant.
fn parse_scope(value: &Expr, errors: &Errors) -> Option<Scope> {
    match value {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => {
            if let Some(error) = scope_value::first_error(text) {
                errors.add(error);
            }
            Some(Scope::Literal(text.clone()))
        }
        Expr::Path(path) => Some(Scope::Path(path.clone())),
        Expr::Array(_) => {
            errors.add_on(value, "a list is not allowed here: to require all of several scopes, write `scopes = […]`; to require one of them, write `any_scope = […]`");
            None
        }
        other => {
            errors.add_on(other, "this is not a scope: write a string, such as \"news:read\", or the path of a constant");
            None
        }
    }
}
