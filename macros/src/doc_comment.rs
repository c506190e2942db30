//! Turns doc comments into descriptions: the whole comment, with its paragraphs.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// Returns the text of an item's doc comments as an expression of type `&'static str`, or
/// `None` if it has none.
pub(crate) fn description(attributes: &[Attribute], krate: &TokenStream) -> Option<TokenStream> {
    let parts: Vec<&Expr> = attributes.iter().filter_map(doc_value).collect();
    let mut lines = Vec::new();
    for part in &parts {
        let Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) = part
        else {
            // Only the compiler can evaluate `#[doc = include_str!("tool.md")]`.
            let parts = parts.iter().map(|part| quote!(#part, "\n"));
            return Some(quote!(#krate::__private::concat!(#(#parts),*)));
        };
        lines.extend(text.value().split('\n').map(str::to_owned));
    }
    let text = unindent(&lines);
    (!text.is_empty()).then(|| text.to_token_stream())
}

/// Returns whether the attribute is a doc comment.
pub(crate) fn is_doc(attribute: &Attribute) -> bool {
    attribute.path().is_ident("doc")
}

fn doc_value(attribute: &Attribute) -> Option<&Expr> {
    match &attribute.meta {
        Meta::NameValue(doc) if is_doc(attribute) => Some(&doc.value),
        _ => None,
    }
}

/// Removes the common indentation, and empty lines at both ends.
fn unindent(lines: &[String]) -> String {
    let indent = lines
        .iter()
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.len() - line.trim_start_matches(' ').len())
        .min()
        .unwrap_or(0);
    let lines: Vec<&str> = lines
        .iter()
        .map(|line| line.get(indent..).unwrap_or("").trim_end())
        .collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse_quote;

    fn text(item: syn::ItemFn) -> String {
        description(&item.attrs, &quote!(::toolgate)).map_or_else(String::new, |tokens| {
            match syn::parse2::<syn::LitStr>(tokens.clone()) {
                Ok(literal) => literal.value(),
                Err(_) => tokens.to_string(),
            }
        })
    }

    #[test]
    fn the_whole_comment_is_kept_with_its_paragraphs() {
        let item = parse_quote! {
            /// First line,
            /// second line.
            ///
            /// - a list
            ///   goes on
            ///
            fn f() {}
        };
        assert_eq!(
            text(item),
            "First line,\nsecond line.\n\n- a list\n  goes on"
        );
    }

    #[test]
    fn a_block_comment_is_parsed_like_lines() {
        let item = parse_quote! {
            #[doc = "\n    First.\n\n      Deeper.\n    "]
            fn f() {}
        };
        assert_eq!(text(item), "First.\n\n  Deeper.");
    }

    #[test]
    fn a_text_from_a_file_is_left_to_the_compiler() {
        let item = parse_quote! {
            #[doc = include_str!("a.md")]
            fn f() {}
        };
        assert!(text(item).contains("include_str ! (\"a.md\")"));
    }

    #[test]
    fn an_empty_comment_is_no_description() {
        let item = parse_quote! {
            ///
            fn f() {}
        };
        assert_eq!(text(item), "");
    }
}
