//! A server's verifier, ours or one that a user brought, as a trait object.

use std::{any::Any, future::Future, pin::Pin};

use super::{IssuerVerifier, TokenError, TokenVerifier};
use crate::{bearer::BearerToken, claims::Claims};

/// [`TokenVerifier`] with its type erased.
pub(super) trait Verifier: Send + Sync {
    /// The verifier, when it is ours: its verdicts may be cached, because it says what
    /// they rest on. Those of any other are not: nobody here knows for how long.
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
