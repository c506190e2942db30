//! When a client meets the login.

use super::offered::Offered;

/// When a client is first asked for a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Login {
    /// When it connects: `initialize`, `server/discover` and every list need a token.
    AtConnection,
    /// When it first uses a protected item: anybody may connect and list.
    AtProtectedCall,
    /// Never: every item is public.
    Never,
}

/// What the operator of a server with an open handshake should know.
pub(super) const OPEN: &str = "the handshake is open: strangers can read the names, schemas and scopes of all tools, prompts and resources";

impl Login {
    /// The login of a server that offers this. A server that offers nothing stays closed.
    pub(super) fn of(offered: &Offered, open_handshake: bool) -> Self {
        if offered.is_public() {
            Self::Never
        } else if open_handshake {
            Self::AtProtectedCall
        } else {
            Self::AtConnection
        }
    }
}
