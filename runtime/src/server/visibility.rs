//! What lists show to whom.

use crate::{
    admission::{Admission, Rules},
    operation::Operation,
};

/// Which of a server's tools, prompts and resources its lists show.
///
/// A list is never what protects: what it does not show is refused by the same challenge
/// as what it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Visibility {
    /// Everything, to everybody who may list. A client can see what it could step up to.
    #[default]
    All,
    /// What the caller's token is enough for. A fault at the start together with
    /// [`Server::open_handshake`](crate::Server::open_handshake).
    Granted,
}

impl Visibility {
    /// Whether the caller of an admitted listing is shown what this operation would use.
    pub(super) fn shows(self, rules: &Rules, admission: &Admission, use_of: Operation<'_>) -> bool {
        match self {
            Self::All => rules.offers(use_of),
            Self::Granted => rules.admits(use_of, admission.principal()),
        }
    }
}
