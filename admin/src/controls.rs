//! [`Controls`]: the server that a listener acts on.

use std::net::SocketAddr;

use toolgate_store::ItemName;

use crate::{Action, ControlError};

/// The server that a listener acts on.
pub trait Controls: Send + Sync + 'static {
    /// Checks that the server has an item.
    ///
    /// # Errors
    ///
    /// If it has no such item.
    fn check_item(&self, item: &ItemName) -> Result<(), ControlError>;

    /// Returns whether the server accepts tokens of an issuer.
    fn accepts_issuer(&self, issuer: &str) -> bool;

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
