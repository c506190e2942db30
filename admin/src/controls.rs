//! [`Controls`]: the server that a listener acts on.

use std::net::SocketAddr;

use futures_util::future::BoxFuture;

use crate::{Action, ControlError, ItemName, Revoked};

/// The server that a listener acts on.
///
/// An operator's switch is separate from the program's: an item runs if neither has switched it off.
pub trait Controls: Send + Sync + 'static {
    /// Switches an item off or on for the operator. Returns whether that changes the operator's
    /// switch.
    ///
    /// # Errors
    ///
    /// If the server has no such item.
    fn switch(&self, item: &ItemName, is_on: bool) -> Result<bool, ControlError>;

    /// Returns for how many more seconds these tokens are revoked, by the operator or by the
    /// program: `Some(None)` until that is lifted, and `None` if they are not revoked.
    fn revoked_for(&self, revoked: &Revoked) -> Option<Option<u64>>;

    /// Refuses tokens, and ends their streams.
    ///
    /// # Errors
    ///
    /// If the server does not trust the issuer, or the revocation cannot come into effect.
    fn revoke<'a>(
        &'a self,
        revoked: &'a Revoked,
        seconds: Option<u64>,
    ) -> BoxFuture<'a, Result<(), ControlError>>;

    /// Accepts tokens again.
    ///
    /// # Errors
    ///
    /// If that cannot come into effect.
    fn lift<'a>(&'a self, revoked: &'a Revoked) -> BoxFuture<'a, Result<(), ControlError>>;

    /// Records an action, before it takes effect.
    ///
    /// # Errors
    ///
    /// If the action cannot be recorded. A switch-off and a revocation still take effect. A
    /// switch-on and a lift do not.
    fn record(&self, event: &AdminEvent<'_>) -> Result<(), ControlError>;
}

/// An action, for a record.
#[derive(Debug, Clone, Copy)]
pub struct AdminEvent<'a> {
    /// The action.
    pub action: &'a Action,
    /// The address that sent it.
    pub peer: SocketAddr,
}
