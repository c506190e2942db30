//! Parses the grammar of all our attributes: `key` or `key = value`, separated by commas.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::{
    Expr, ExprLit, Ident, Lit, LitStr, Token,
    ext::IdentExt,
    parse::{ParseStream, Parser},
};

use crate::{errors::Errors, number::Number};

/// One key of an attribute, and its value if it has one.
pub(crate) struct Entry {
    pub(crate) key: Ident,
    pub(crate) value: Option<Expr>,
}

/// Parses the entries of an attribute. Reports and skips an invalid entry, a repeated key,
/// and a key that is not among the `known` ones.
pub(crate) fn parse_entries(tokens: TokenStream, known: &[&str], errors: &Errors) -> Vec<Entry> {
    let parse = |input: ParseStream<'_>| {
        let mut entries: Vec<Entry> = Vec::new();
        while !input.is_empty() {
            match parse_entry(input) {
                Ok(entry) if !known.iter().any(|known| entry.key == known) => {
                    errors.add_at(entry.key.span(), unknown_key(&entry.key, known));
                }
                Ok(entry) if entries.iter().any(|earlier| earlier.key == entry.key) => {
                    errors.add_at(
                        entry.key.span(),
                        format_args!("`{}` appears twice: keep one of the two", entry.key),
                    );
                }
                Ok(entry) => entries.push(entry),
                Err(error) => {
                    errors.add(error);
                    while !input.is_empty() && !input.peek(Token![,]) {
                        input.parse::<TokenTree>()?;
                    }
                }
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(entries)
    };
    parse.parse2(tokens).unwrap_or_else(|error| {
        errors.add(error);
        Vec::new()
    })
}

fn parse_entry(input: ParseStream<'_>) -> syn::Result<Entry> {
    if !input.peek(Ident::peek_any) {
        return Err(input.error("expected a key, such as `scope = \"news:read\"`"));
    }
    let key = input.call(Ident::parse_any)?;
    if input.peek(Token![-]) {
        let mut name = key.to_string();
        while input.parse::<Option<Token![-]>>()?.is_some() {
            let part = input.call(Ident::parse_any)?;
            name = format!("{name}_{part}");
        }
        return Err(syn::Error::new(
            key.span(),
            format_args!("a key contains no `-`: write `{name}`"),
        ));
    }
    if input.peek(syn::token::Paren) {
        return Err(syn::Error::new(
            key.span(),
            format_args!("`{key}` takes no parentheses: write `{key} = …`"),
        ));
    }
    let value = match input.peek(Token![=]) {
        true => {
            input.parse::<Token![=]>()?;
            Some(open(input.parse()?))
        }
        false => None,
    };
    if !input.is_empty() && !input.peek(Token![,]) {
        return Err(input.error("expected `,`"));
    }
    Ok(Entry { key, value })
}

/// Returns the message for an unknown key. It names the most similar key, if there is one.
fn unknown_key(key: &Ident, known: &[&str]) -> String {
    let text = key.to_string();
    if text == "description" {
        return "a parameter is described by its doc comment: write `/// …` above it, and remove `description`".to_owned();
    }
    // rmcp and other crates use the protocol's names, such as `read_only_hint`.
    let bare = text.strip_suffix("_hint").unwrap_or(&text);
    let nearest = known
        .iter()
        .map(|known| (strsim::jaro_winkler(bare, known), *known))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match nearest {
        Some((_, meant)) => format!("unknown key `{text}`: did you mean `{meant}`?"),
        None => format!("unknown key `{text}`: use one of `{}`", known.join("`, `")),
    }
}

impl Entry {
    /// Returns the place of the entry.
    pub(crate) fn span(&self) -> Span {
        self.key.span()
    }

    /// Reads a flag, which has no value. `flag = false` is refused: omit the flag instead.
    pub(crate) fn flag(&self, errors: &Errors) -> bool {
        if let Some(value) = &self.value {
            errors.add_on(
                value,
                format_args!(
                    "`{0}` takes no value: write `{0}` alone, or remove it",
                    self.key
                ),
            );
        }
        true
    }

    /// Returns the value of `hint`, `hint = true` or `hint = false`.
    pub(crate) fn switch(&self, errors: &Errors) -> Option<bool> {
        match &self.value {
            None => Some(true),
            Some(Expr::Lit(ExprLit {
                lit: Lit::Bool(value),
                ..
            })) => Some(value.value()),
            Some(other) => {
                errors.add_on(
                    other,
                    format_args!(
                        "`{0}` must be `true` or `false`: write `{0}` or `{0} = false`",
                        self.key
                    ),
                );
                None
            }
        }
    }

    /// Returns a string, and reports an empty one.
    pub(crate) fn text(&self, errors: &Errors) -> Option<LitStr> {
        match &self.value {
            Some(Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            })) => {
                if text.value().trim().is_empty() {
                    errors.add_on(
                        text,
                        format_args!("`{}` is empty: give it a value, or remove it", self.key),
                    );
                }
                Some(text.clone())
            }
            other => {
                self.add_expected(other.as_ref(), "a string in quotes", errors);
                None
            }
        }
    }

    /// Returns an integer that is not negative.
    pub(crate) fn count(&self, errors: &Errors) -> Option<u64> {
        match &self.value {
            Some(Expr::Lit(ExprLit {
                lit: Lit::Int(number),
                ..
            })) => number
                .base10_parse()
                .map_err(|error| errors.add(error))
                .ok(),
            other => {
                self.add_expected(other.as_ref(), "an integer that is not negative", errors);
                None
            }
        }
    }

    /// Returns a number, with its sign.
    pub(crate) fn number(&self, errors: &Errors) -> Option<Number> {
        let number = self.value.as_ref().and_then(Number::from_expr);
        if number.is_none() {
            self.add_expected(
                self.value.as_ref(),
                "a number that `i128`, `u128` or `f64` can hold",
                errors,
            );
        }
        number
    }

    /// Adds the error for a value of another type than the key takes.
    fn add_expected(&self, found: Option<&Expr>, what: &str, errors: &Errors) {
        let message = format!("`{}` needs {what}: write `{} = …`", self.key, self.key);
        match found {
            Some(found) => errors.add_on(found, message),
            None => errors.add_at(self.span(), message),
        }
    }
}

/// Removes the groups without delimiters in which `macro_rules!` passes `$x:literal`, `$x:path`
/// and `$x:expr`, so that a value from a fragment is read like a value that is written.
pub(crate) fn open(value: Expr) -> Expr {
    match value {
        Expr::Group(group) => open(*group.expr),
        Expr::Array(mut list) => {
            list.elems = list.elems.into_iter().map(open).collect();
            Expr::Array(list)
        }
        Expr::Unary(mut unary) => {
            *unary.expr = open(*unary.expr);
            Expr::Unary(unary)
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    fn reported(tokens: TokenStream) -> Vec<String> {
        let errors = Errors::new();
        let known = ["scope", "scopes", "read_only", "name"];
        let _entries = parse_entries(tokens, &known, &errors);
        errors.texts()
    }

    #[test]
    fn a_typo_is_reported_with_the_likely_key() {
        for (tokens, meant) in [
            (quote!(scop = "a"), "did you mean `scope`"),
            (quote!(read_only_hint), "did you mean `read_only`"),
            (quote!(readonly), "did you mean `read_only`"),
            (quote!(zzz), "use one of `scope`"),
            (quote!(read - only), "write `read_only`"),
            (quote!(description = "x"), "doc comment"),
        ] {
            let reported = reported(tokens);
            assert!(reported[0].contains(meant), "{reported:?}");
        }
    }

    #[test]
    fn every_error_of_an_attribute_is_reported() {
        let reported =
            reported(quote!(scope = "a", scope = "b", nam = "x", name("y"), = 7, read_only = ));
        assert_eq!(reported.len(), 5, "{reported:?}");
    }

    #[test]
    fn a_value_from_a_fragment_is_read_like_a_written_one() {
        // `macro_rules!` passes a fragment as a group without delimiters.
        let fragment = |tokens| {
            TokenTree::Group(proc_macro2::Group::new(
                proc_macro2::Delimiter::None,
                tokens,
            ))
        };
        let (text, number) = (fragment(quote!("a")), fragment(quote!(7)));
        let nested = fragment(quote!([#text, [#text]]));
        let errors = Errors::new();
        let entries = parse_entries(
            quote!(scope = #text, scopes = #nested, size = #number, minimum = -#number),
            &["scope", "scopes", "size", "minimum"],
            &errors,
        );
        let [scope, scopes, size, minimum] = entries.as_slice() else {
            panic!("{} entries", entries.len());
        };
        assert_eq!(scope.text(&errors).unwrap().value(), "a");
        let Some(Expr::Array(list)) = &scopes.value else {
            panic!("not a list");
        };
        assert!(matches!(list.elems.first(), Some(Expr::Lit(_))));
        let Some(Expr::Array(inner)) = list.elems.last() else {
            panic!("not a list");
        };
        assert!(matches!(inner.elems.first(), Some(Expr::Lit(_))));
        assert_eq!(size.count(&errors), Some(7));
        assert_eq!(minimum.number(&errors).unwrap().to_string(), "-7");
        assert!(errors.texts().is_empty());
    }

    #[test]
    fn nothing_is_skipped_silently() {
        for tokens in [
            quote!("news:read"),
            quote!(scope "a"),
            quote!(scope == "a"),
            quote!(,),
        ] {
            assert!(!reported(tokens.clone()).is_empty(), "{tokens}");
        }
    }
}
