//! Collects all errors of an item, so that one compilation reports them together.

use std::{cell::RefCell, fmt::Display, thread};

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

/// Collects errors. Call [`Errors::finish`] to report them. Dropping the collection instead
/// panics, because unreported errors would let an unprotected tool compile.
#[derive(Default)]
pub(crate) struct Errors {
    found: RefCell<Option<Vec<syn::Error>>>,
}

impl Errors {
    pub(crate) fn new() -> Self {
        Self {
            found: RefCell::new(Some(Vec::new())),
        }
    }

    /// Adds an error at one place.
    pub(crate) fn add_at(&self, span: Span, message: impl Display) {
        self.add(syn::Error::new(span, message));
    }

    /// Adds an error that covers all these tokens.
    pub(crate) fn add_on(&self, tokens: impl ToTokens, message: impl Display) {
        self.add(syn::Error::new_spanned(tokens, message));
    }

    /// Adds an error from syn.
    pub(crate) fn add(&self, error: syn::Error) {
        if let Some(found) = self.found.borrow_mut().as_mut() {
            found.push(error);
        }
    }

    /// Returns the number of errors so far.
    pub(crate) fn count(&self) -> usize {
        self.found.borrow().as_ref().map_or(0, Vec::len)
    }

    /// Returns all errors as `compile_error!` tokens, or `None` if there are none.
    pub(crate) fn finish(self) -> Option<TokenStream> {
        let found = self.found.borrow_mut().take().unwrap_or_default();
        let reported: TokenStream = found.iter().map(syn::Error::to_compile_error).collect();
        (!found.is_empty()).then_some(reported)
    }

    /// Returns the messages of all errors.
    #[cfg(test)]
    pub(crate) fn texts(self) -> Vec<String> {
        let found = self.found.borrow_mut().take().unwrap_or_default();
        found
            .into_iter()
            .flatten()
            .map(|error| error.to_string())
            .collect()
    }
}

impl Drop for Errors {
    fn drop(&mut self) {
        if self.found.borrow().is_some() && !thread::panicking() {
            panic!("bug in toolgate-macros: errors were collected but not reported");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "not reported")]
    fn unreported_errors_are_a_panic() {
        drop(Errors::new());
    }

    #[test]
    fn every_error_is_reported() {
        let errors = Errors::new();
        errors.add_at(Span::call_site(), "one");
        errors.add_at(Span::call_site(), "two");
        let reported = errors.finish().unwrap().to_string();
        assert!(
            reported.contains("one") && reported.contains("two"),
            "{reported}"
        );
    }
}
