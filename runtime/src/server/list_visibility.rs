//! Which items the lists show to a caller.

use crate::{
    authorization::{Permit, Rules},
    operation::Operation,
};

/// Which of a server's tools, prompts and resources its lists show.
///
/// A [decision point](crate::policy) also decides about each item of a list, with every setting.
///
/// Lists do not protect items: a hidden item is refused with the same challenge as a shown
/// one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Visibility {
    /// All items, to every client that may list. A client can see what it could step up to.
    #[default]
    All,
    /// Only the items that the caller's token is sufficient for. An item that needs a stronger or
    /// more recent login is shown, because its user can log in again. The combination with
    /// [`Server::with_open_handshake`](crate::Server::with_open_handshake) is an error at start-up.
    Granted,
}

impl Visibility {
    /// Returns whether a list shows the item of this operation to the admitted caller.
    pub(super) fn shows(self, rules: &Rules, permit: &Permit, use_of: Operation<'_>) -> bool {
        self.grants(rules, permit, use_of)
            && (!permit.is_decided() || permit.shows(rules.target(use_of)))
    }

    /// Returns the same without the decision point.
    pub(super) fn grants(self, rules: &Rules, permit: &Permit, use_of: Operation<'_>) -> bool {
        match self {
            Self::All => rules.offers(use_of),
            Self::Granted => rules.shows(use_of, permit.caller()),
        }
    }
}
