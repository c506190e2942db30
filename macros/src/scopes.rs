//! Expands `scopes! { pub mod scope { … } }`.

use std::collections::HashSet;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{
    Attribute, Expr, ExprLit, Lit, LitStr, Token, Visibility, braced,
    parse::{Parse, ParseStream},
};

use crate::{
    attribute_syntax::open,
    doc_comment,
    errors::Errors,
    scope_value,
    span::{code, located_at, respan},
};

/// The name of the constant that lists every scope.
const ALL: &str = "ALL";

/// The input: `$crate #[…] pub mod scope { /// Read. READ = "read", … }`.
struct Declaration {
    krate: TokenStream,
    attributes: Vec<Attribute>,
    visibility: Visibility,
    module: Ident,
    scopes: Vec<Entry>,
}

struct Entry {
    attributes: Vec<Attribute>,
    name: Ident,
    value: Expr,
}

impl Parse for Declaration {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let krate = input.parse::<Ident>()?.into_token_stream();
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        input.parse::<Token![mod]>()?;
        let module = input.parse()?;
        let content;
        braced!(content in input);
        let scopes = content.parse_terminated(Entry::parse, Token![,])?;
        Ok(Self {
            krate,
            attributes,
            visibility,
            module,
            scopes: scopes.into_iter().collect(),
        })
    }
}

impl Parse for Entry {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let name = input.parse()?;
        input.parse::<Token![=]>()?;
        Ok(Self {
            attributes,
            name,
            value: open(input.parse()?),
        })
    }
}

/// Expands a declaration to a module of constants.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let declaration: Declaration = match syn::parse2(input) {
        Ok(declaration) => declaration,
        Err(error) => {
            let message = format!(
                "{error}: write `scopes! {{ pub mod scope {{ /// What it allows. READ = \"todo:read\", … }} }}`"
            );
            return syn::Error::new(error.span(), message).to_compile_error();
        }
    };
    let errors = Errors::new();
    let Declaration {
        krate,
        attributes,
        visibility,
        module,
        scopes,
    } = declaration;
    if scopes.is_empty() {
        errors.add_on(&module, "this module declares no scope: declare one, `/// What it allows. READ = \"todo:read\"`, or remove `scopes!`");
    }
    let mut known = HashSet::new();
    let (mut constants, mut descriptions) = (Vec::new(), Vec::new());
    for scope in &scopes {
        let Some((text, description)) = scope.check(&krate, &errors) else {
            continue;
        };
        if !known.insert(text.value()) {
            errors.add_on(&text, "this scope is declared twice: remove one of the two");
        }
        let (docs, name) = (&scope.attributes, &scope.name);
        let place = located_at(name.span());
        let here = respan(&krate, place);
        constants.push(quote_spanned! {place=>
            #(#docs)*
            pub const #name: #here::Scope = #here::Scope::new(#text);
        });
        descriptions.push(quote_spanned! {place=>
            #here::auth::ScopeDescription::new(#name, #description)
        });
    }
    if let Some(errors) = errors.finish() {
        let stub = stub(&scopes, &krate);
        return quote!(#errors #[allow(missing_docs)] #visibility mod #module { #stub });
    }
    let all = Ident::new(ALL, module.span());
    let list = code! {
        /// Every declared scope, in this order.
        pub const #all: &[#krate::auth::ScopeDescription] = &[#(#descriptions),*];
    };
    quote! {
        #(#attributes)*
        #visibility mod #module {
            #(#constants)*
            #list
        }
    }
}

/// Builds the content of an invalid module, so that the names in it are no errors, too.
fn stub(scopes: &[Entry], krate: &TokenStream) -> TokenStream {
    let scopes = scopes.iter().filter(|scope| scope.name != ALL);
    let names: Vec<&Ident> = scopes.clone().map(|scope| &scope.name).collect();
    let texts = scopes.map(|scope| match &scope.value {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) if scope_value::first_error(text).is_none() => text.value(),
        _ => "invalid".to_owned(),
    });
    let all = Ident::new(ALL, Span::call_site());
    quote! {
        #(pub const #names: #krate::Scope = #krate::Scope::new(#texts);)*
        pub const #all: &[#krate::auth::ScopeDescription] =
            &[#(#krate::auth::ScopeDescription::new(#names, "")),*];
    }
}

impl Entry {
    /// Returns the text and the description, or reports what is wrong.
    fn check(&self, krate: &TokenStream, errors: &Errors) -> Option<(LitStr, TokenStream)> {
        let before = errors.count();
        if self.name == ALL {
            errors.add_on(&self.name, "`ALL` is the list of every scope that this module declares: give this constant another name");
        }
        for other in self
            .attributes
            .iter()
            .filter(|one| !doc_comment::is_doc(one))
        {
            errors.add_on(other, "a scope takes a doc comment and no other attribute, because each server must publish the same scopes: remove it, or put it on a `scopes!` of its own");
        }
        let description = doc_comment::description(&self.attributes, krate);
        if description.is_none() {
            errors.add_on(&self.name, "each scope needs a doc comment: users read it when they are asked to grant the scope");
        }
        let text = match &self.value {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            }) => {
                if let Some(error) = scope_value::first_error(text) {
                    errors.add(error);
                }
                Some(text.clone())
            }
            other => {
                errors.add_on(other, "a scope is declared as a string, so that a reader finds it: write one, such as \"todo:read\"");
                None
            }
        };
        (errors.count() == before).then_some(())?;
        text.zip(description.map(one_line))
    }
}

/// Joins the lines of a description: it is a sentence for users.
fn one_line(description: TokenStream) -> TokenStream {
    match syn::parse2::<LitStr>(description.clone()) {
        Ok(text) => text
            .value()
            .lines()
            .collect::<Vec<_>>()
            .join(" ")
            .to_token_stream(),
        // Only the compiler can evaluate `#[doc = include_str!("scope.md")]`.
        Err(_) => description,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reported(scopes: TokenStream) -> String {
        let text = expand(quote!(toolgate pub mod scope { #scopes })).to_string();
        let count = text.matches("compile_error").count();
        format!("{count} {text}")
    }

    #[test]
    fn each_mistake_is_one_error_of_its_own() {
        for (scopes, sentence) in [
            (quote!(), "declares no scope"),
            (quote!(A = "a"), "needs a doc comment"),
            (
                quote!(
                    #[doc = " "]
                    A = "a"
                ),
                "needs a doc comment",
            ),
            (
                quote!(
                    #[doc = "A."]
                    #[deprecated]
                    A = "a"
                ),
                "no other attribute",
            ),
            (
                quote!(
                    #[doc = "A."]
                    #[cfg(x)]
                    A = "a"
                ),
                "no other attribute",
            ),
            (
                quote!(
                    #[doc = "A."]
                    A = concat!("a", "b")
                ),
                "declared as a string",
            ),
            (
                quote!(
                    #[doc = "A."]
                    ALL = "a"
                ),
                "another name",
            ),
            (
                quote!(
                    #[doc = "A."]
                    A = "a b"
                ),
                "a space",
            ),
            (
                quote!(
                    #[doc = "A."]
                    A = "a",
                    #[doc = "B."]
                    B = "a"
                ),
                "declared twice",
            ),
            (quote!(A), "write `scopes!"),
        ] {
            let reported = reported(scopes);
            assert!(
                reported.starts_with("1 ") && reported.contains(sentence),
                "{sentence}: {reported}"
            );
        }
    }
}
