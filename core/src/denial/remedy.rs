//! [`Remedy`]: what would help after a denial.

use std::fmt;

/// What would help after a denial: `action` of the member `remedy` in the body of a refusal.
///
/// After the action, the body has the values that the action needs: `scopes`, `roles`,
/// `acr_values`, `max_age` or `retry_after`, the last two in seconds.
///
/// ```
/// use toolgate::auth::Remedy;
///
/// assert_eq!(Remedy::AskOwner.action(), "ask_owner");
/// assert_eq!(Remedy::from_action("ask_owner"), Some(Remedy::AskOwner));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Remedy {
    /// The client gets another token, by a refresh or a sign-in, with the scopes that the
    /// challenge names.
    Authorize,
    /// The user signs in again, more recently or in a stronger way (RFC 9470).
    AuthenticateAgain,
    /// An administrator changes something: a role of the user, or a setting of the server.
    AskAdministrator,
    /// The owner of what was requested gives access.
    AskOwner,
    /// The user confirms the request.
    Confirm,
    /// The client sends the request again, later or with what the description names.
    Retry,
    /// Nothing that the client or the user can do.
    None,
}

impl Remedy {
    /// Every remedy.
    pub const ALL: &'static [Self] = &[
        Self::Authorize,
        Self::AuthenticateAgain,
        Self::AskAdministrator,
        Self::AskOwner,
        Self::Confirm,
        Self::Retry,
        Self::None,
    ];

    /// Returns the name of the action in a body.
    #[must_use]
    pub const fn action(self) -> &'static str {
        match self {
            Self::Authorize => "authorize",
            Self::AuthenticateAgain => "authenticate_again",
            Self::AskAdministrator => "ask_administrator",
            Self::AskOwner => "ask_owner",
            Self::Confirm => "confirm",
            Self::Retry => "retry",
            Self::None => "none",
        }
    }

    /// Returns the remedy whose action has this name.
    #[must_use]
    pub fn from_action(action: &str) -> Option<Self> {
        let mut all = Self::ALL.iter().copied();
        all.find(|remedy| remedy.action() == action)
    }

    /// Returns the sentence for a model that reads the message of a denial.
    #[doc(hidden)]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Authorize => "Authorize this client again to continue.",
            Self::AuthenticateAgain => "The user has to sign in again to continue.",
            Self::AskAdministrator => "Only an administrator can change this.",
            Self::AskOwner => "Ask its owner for access.",
            Self::Confirm => "The user has to confirm this.",
            Self::Retry => "Try again later.",
            Self::None => "Trying again does not help.",
        }
    }
}

impl fmt::Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.action())
    }
}
