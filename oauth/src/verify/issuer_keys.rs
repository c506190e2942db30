//! A trusted issuer, with its keys and its introspection endpoint.

use std::sync::Arc;

use crate::issuer::{IntrospectionClient, Issuer, JwksCache};

/// An issuer and what is needed to verify its tokens.
pub(super) struct IssuerKeys {
    pub(super) issuer: Issuer,
    /// `None` if all its tokens are introspected.
    pub(super) keys: Option<Arc<JwksCache>>,
    /// `None` if none of its tokens are introspected.
    pub(super) introspector: Option<Arc<IntrospectionClient>>,
}

impl IssuerKeys {
    /// Returns why tokens of this issuer cannot be verified, or `None` if they can.
    pub(super) fn readiness_error(&self) -> Option<String> {
        let keys = self.keys.as_ref().and_then(|keys| keys.readiness_error());
        keys.or_else(|| self.introspector.as_ref()?.readiness_error())
    }
}
