//! The texts of a denial for a local caller, who cannot log in to get what it lacks: the author of
//! the program grants it in the code.

use super::Refusal;

impl Refusal {
    /// Returns whether the text differs for a local caller.
    pub(super) fn is_local_denial(&self) -> bool {
        matches!(
            self,
            Self::InsufficientScope { .. }
                | Self::NoPerson
                | Self::MissingRole { .. }
                | Self::InsufficientAuthentication { .. }
                | Self::TooManyPending
        )
    }

    /// Returns the description for a local caller.
    pub(super) fn local_description(&self) -> &'static str {
        match self {
            Self::InsufficientScope { .. } => {
                "the local caller lacks a scope that this operation needs"
            }
            Self::NoPerson => {
                "this operation needs a person, and the local caller is not stated to be one"
            }
            Self::MissingRole { .. } => "the local caller lacks a role that this operation needs",
            Self::TooManyPending => "this program already runs the maximum number of requests",
            _ => "this operation needs a stronger or more recent login than the local caller has",
        }
    }

    /// Returns the sentence that says what would help a local caller.
    pub(super) fn local_advice(&self) -> Option<&'static str> {
        match self {
            Self::InsufficientScope { .. } => Some(
                "The author of this program grants it in its code, with LocalCaller::with_scopes.",
            ),
            Self::NoPerson => Some(
                "The author of this program states it in its code, with LocalCaller::with_person.",
            ),
            Self::MissingRole { .. } => Some(
                "The author of this program grants it in its code, with LocalCaller::with_roles.",
            ),
            Self::TooManyPending => Some("Try again when some are answered."),
            _ => Some(
                "A restart of this program renews the login, and its author states how strong it is, with LocalCaller::with_acr.",
            ),
        }
    }
}
