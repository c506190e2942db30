//! `#[arg(complete = path)]`: suggests values for an argument while a client types it.

use std::{panic::AssertUnwindSafe, sync::Arc};

use futures_util::{FutureExt, future::BoxFuture};
use rmcp::model::CompletionInfo;

use super::{Call, ToolError};
use crate::log_text::redaction;

/// A function that completes an argument: it gets the text typed so far, and returns the
/// complete values that match, the best first.
///
/// - `fn(&str) -> Vec<String>`, or `fn(String)`; the values can also be `&'static str`
/// - `async fn(String) -> Vec<String>`
/// - either form, followed by the parameters that the resource or prompt takes from its
///   server, in the same order: an `Arc` of its `self`, and its extractors
///
/// It requires the same access as its item: a caller that may not read a resource does not
/// learn its variables either. `E` is the tuple of the other parameters, and the compiler
/// infers `How`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot complete this argument",
    label = "not a function from a string to values, or from a string and `{E}`",
    note = "write `fn names(begun: &str) -> Vec<String>` or `async fn names(begun: String) -> Vec<String>`; after the string it takes nothing, or every extractor of the item in the same order; an item with more than twelve extractors needs a function that takes the string alone"
)]
pub trait Completer<E, How>: Send + Sync + 'static {
    /// Returns the values.
    #[doc(hidden)]
    fn complete(&self, begun: String, beside: E) -> BoxFuture<'static, Vec<String>>;
}

/// The result of a [`Completer`]: values, or a future of them. The compiler infers `Kind`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a list of values",
    label = "neither a `Vec<String>` nor a future that returns one"
)]
pub trait Completions<Kind> {
    /// Returns a future of the values.
    #[doc(hidden)]
    fn list(self) -> BoxFuture<'static, Vec<String>>;
}

/// Marks values that are returned directly.
#[doc(hidden)]
#[derive(Debug)]
pub struct Now;

/// Marks values that are returned by a future.
#[doc(hidden)]
#[derive(Debug)]
pub struct Later;

impl<T: Into<String>> Completions<Now> for Vec<T> {
    fn list(self) -> BoxFuture<'static, Vec<String>> {
        let values = self.into_iter().map(Into::into).collect();
        Box::pin(std::future::ready(values))
    }
}

impl<F, T> Completions<Later> for F
where
    F: Future<Output = Vec<T>> + Send + 'static,
    T: Into<String>,
{
    fn list(self) -> BoxFuture<'static, Vec<String>> {
        self.map(|values| values.into_iter().map(Into::into).collect())
            .boxed()
    }
}

/// Marks how a function takes the text and the other parameters.
#[doc(hidden)]
#[derive(Debug)]
pub struct Borrowed;
#[doc(hidden)]
#[derive(Debug)]
pub struct Owned;
#[doc(hidden)]
#[derive(Debug)]
pub struct Alone;
#[doc(hidden)]
#[derive(Debug)]
pub struct Beside;

impl<F, R, E, K> Completer<E, (Borrowed, Alone, K)> for F
where
    F: Fn(&str) -> R + Send + Sync + 'static,
    R: Completions<K>,
{
    fn complete(&self, begun: String, _: E) -> BoxFuture<'static, Vec<String>> {
        self(&begun).list()
    }
}

impl<F, R, E, K> Completer<E, (Owned, Alone, K)> for F
where
    F: Fn(String) -> R + Send + Sync + 'static,
    R: Completions<K>,
{
    fn complete(&self, begun: String, _: E) -> BoxFuture<'static, Vec<String>> {
        self(begun).list()
    }
}

macro_rules! beside {
    ($($part:ident $name:ident),+) => {
        impl<F, R, K, $($part),+> Completer<($($part,)+), (Borrowed, Beside, K)> for F
        where
            F: Fn(&str, $($part),+) -> R + Send + Sync + 'static,
            R: Completions<K>,
        {
            fn complete(
                &self,
                begun: String,
                ($($name,)+): ($($part,)+),
            ) -> BoxFuture<'static, Vec<String>> {
                self(&begun, $($name),+).list()
            }
        }

        impl<F, R, K, $($part),+> Completer<($($part,)+), (Owned, Beside, K)> for F
        where
            F: Fn(String, $($part),+) -> R + Send + Sync + 'static,
            R: Completions<K>,
        {
            fn complete(
                &self,
                begun: String,
                ($($name,)+): ($($part,)+),
            ) -> BoxFuture<'static, Vec<String>> {
                self(begun, $($name),+).list()
            }
        }
    };
}

beside!(A a);
beside!(A a, B b);
beside!(A a, B b, C c);
beside!(A a, B b, C c, D d);
beside!(A a, B b, C c, D d, G g);
beside!(A a, B b, C c, D d, G g, H h);
beside!(A a, B b, C c, D d, G g, H h, I i);
beside!(A a, B b, C c, D d, G g, H h, I i, J j);
beside!(A a, B b, C c, D d, G g, H h, I i, J j, L l);
beside!(A a, B b, C c, D d, G g, H h, I i, J j, L l, M m);
beside!(A a, B b, C c, D d, G g, H h, I i, J j, L l, M m, N n);
beside!(A a, B b, C c, D d, G g, H h, I i, J j, L l, M m, N n, O o);

/// A completer as a resource or prompt stores it, with the name of its argument.
pub(crate) type Completing<S> = (
    &'static str,
    Box<dyn Fn(Call<S>, String) -> BoxFuture<'static, Vec<String>> + Send + Sync>,
);

/// Returns the completer with the state applied.
pub(crate) fn with_state_applied<S: Clone + Send + Sync + 'static>(
    (argument, complete): Completing<S>,
    state: S,
) -> Completing<()> {
    let complete = move |bare: Call<()>, begun| complete(bare.with_state(state.clone()), begun);
    (argument, Box::new(complete))
}

/// Wraps a completer for storage.
pub(crate) fn completing<S: 'static, E: Send + 'static, How>(
    argument: &'static str,
    completer: impl Completer<E, How>,
    beside: fn(&mut Call<S>) -> Result<E, ToolError>,
) -> Completing<S> {
    let completer = Arc::new(completer);
    let complete = move |mut call: Call<S>, begun: String| {
        let completer = Arc::clone(&completer);
        let beside = beside(&mut call);
        let values = async move {
            match beside {
                Ok(beside) => completer.complete(begun, beside).await,
                Err(error) => {
                    tracing::warn!(target: "toolgate::tool", argument, error = redaction::for_log(error.message()), "an argument could not be completed");
                    Vec::new()
                }
            }
        };
        let values = AssertUnwindSafe(values).catch_unwind();
        async move {
            values.await.unwrap_or_else(|_| {
                tracing::error!(target: "toolgate::tool", argument, "the completion of an argument panicked");
                Vec::new()
            })
        }
        .boxed()
    };
    (argument, Box::new(complete))
}

/// Completes an argument, if it has a completer. Returns at most as many values as the
/// protocol allows, and the total number.
pub(crate) fn complete<S>(
    completers: &[Completing<S>],
    argument: &str,
    begun: &str,
    call: Call<S>,
) -> Option<BoxFuture<'static, CompletionInfo>> {
    let (_, complete) = completers.iter().find(|(name, _)| *name == argument)?;
    let values = complete(call, begun.to_owned());
    Some(values.map(info).boxed())
}

fn info(mut values: Vec<String>) -> CompletionInfo {
    let total = u32::try_from(values.len()).ok();
    let has_more = values.len() > CompletionInfo::MAX_VALUES;
    values.truncate(CompletionInfo::MAX_VALUES);
    CompletionInfo::with_pagination(values, total, has_more).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_values_are_given_than_the_protocol_allows() {
        let many = info((0..250).map(|n| n.to_string()).collect());
        assert_eq!(many.values.len(), 100);
        assert_eq!((many.total, many.has_more), (Some(250), Some(true)));
        let few = info(vec!["a".to_owned()]);
        assert_eq!((few.total, few.has_more), (Some(1), Some(false)));
    }
}
