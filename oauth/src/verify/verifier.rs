//! A server's verifier, ours or the application's, as a trait object.

use std::{any::Any, future::Future, pin::Pin};

use super::{IssuerVerifier, TokenError, TokenVerifier};
use crate::{claims::Claims, credentials::BearerToken};

/// [`TokenVerifier`] with its type erased.
pub(super) trait Verifier: Send + Sync {
    /// Returns the verifier if it is ours. Only its results are cached, because only it
    /// reports their evidence; how long those of another verifier stay valid is unknown.
    fn as_issuers(&self) -> Option<&IssuerVerifier>;

    fn verify<'a>(
        &'a self,
        token: &'a BearerToken,
    ) -> Pin<Box<dyn Future<Output = Result<Claims, TokenError>> + Send + 'a>>;
}

impl<V: TokenVerifier> Verifier for V {
    fn as_issuers(&self) -> Option<&IssuerVerifier> {
        (self as &dyn Any).downcast_ref()
    }

    fn verify<'a>(
        &'a self,
        token: &'a BearerToken,
    ) -> Pin<Box<dyn Future<Output = Result<Claims, TokenError>> + Send + 'a>> {
        Box::pin(TokenVerifier::verify(self, token))
    }
}
