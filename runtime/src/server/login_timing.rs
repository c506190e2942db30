//! When a client has to log in.

use super::registry::ItemAccessRegistry;

/// When a client first needs a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Login {
    /// At the connection: `initialize`, `server/discover` and every list need a token.
    AtConnection,
    /// At the first use of a protected item: every client may connect and list.
    AtProtectedCall,
    /// Never: every item is public.
    Never,
}

/// The warning for the operator of a server with an open handshake.
pub(super) const OPEN: &str = "the handshake is open: unauthenticated clients can read the names, schemas and scopes of all tools, prompts and resources";

impl Login {
    /// Returns when clients of this server have to log in. A server that offers nothing
    /// requires a login at the connection.
    pub(super) fn of(offered: &ItemAccessRegistry, open_handshake: bool) -> Self {
        if offered.is_public() {
            Self::Never
        } else if open_handshake {
            Self::AtProtectedCall
        } else {
            Self::AtConnection
        }
    }
}
