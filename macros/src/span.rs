//! Spans of generated tokens: where their names resolve, and where their errors appear.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};

/// Quotes generated code: its locals are hygienic, and its items resolve where the attribute
/// is.
macro_rules! code {
    ($($tokens:tt)*) => {
        ::quote::quote_spanned!(::proc_macro2::Span::mixed_site()=> $($tokens)*)
    };
}
pub(crate) use code;

/// Returns a span for generated code whose errors appear at a place in the user's code. Lints
/// do not count such code as the user's.
pub(crate) fn located_at(place: Span) -> Span {
    Span::mixed_site().located_at(place)
}

/// Copies a name of the user's as a token of generated code.
pub(crate) fn named(ident: &Ident) -> Ident {
    let mut ident = ident.clone();
    ident.set_span(located_at(ident.span()));
    ident
}

/// Copies a path of the user's so that it names items and no local variables.
pub(crate) fn without_locals(path: TokenStream) -> TokenStream {
    let tokens = path.into_iter().map(|mut token| {
        if !is_macro_crate(&token) {
            token.set_span(located_at(token.span()));
        }
        token
    });
    tokens.collect()
}

/// Returns whether a token is `$crate`. The crate that it names depends on its span.
fn is_macro_crate(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Ident(name) if name == "$crate")
}

/// Moves the path of the runtime to a place in the user's code, for an error there.
pub(crate) fn respan(krate: &TokenStream, place: Span) -> TokenStream {
    let tokens = krate.clone().into_iter().map(|mut token| {
        token.set_span(match is_macro_crate(&token) {
            true => token.span().located_at(place),
            false => place,
        });
        token
    });
    tokens.collect()
}

/// Returns the name of the state's type in expansions. No user's type has this name.
pub(crate) fn state() -> Ident {
    Ident::new("__ToolgateState", Span::mixed_site())
}
