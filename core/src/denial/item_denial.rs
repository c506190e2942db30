//! [`ItemDenial`]: what an item says when it denies a request.

use std::borrow::Cow;

use super::{DenialReason, Remedy};

/// What the code of an item says when it denies a request that no scope would allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemDenial {
    /// The reason code.
    pub reason: DenialReason,
    /// The author's sentence for the client.
    pub message: Cow<'static, str>,
    /// What would help.
    pub remedy: Remedy,
    /// The author's own code.
    pub detail: Option<&'static str>,
}

impl ItemDenial {
    /// Creates the denial for this reason, with its usual remedy.
    pub fn new(reason: DenialReason, message: Cow<'static, str>) -> Self {
        Self {
            reason,
            message,
            remedy: reason.remedy(),
            detail: None,
        }
    }

    /// Creates the denial for an error in the item's code, which the log has.
    pub fn failed(message: &'static str) -> Self {
        Self::new(DenialReason::AuthorizeFailed, message.into())
    }
}

impl From<Cow<'static, str>> for ItemDenial {
    fn from(message: Cow<'static, str>) -> Self {
        Self::new(DenialReason::DeniedByItem, message)
    }
}

impl From<&'static str> for ItemDenial {
    fn from(message: &'static str) -> Self {
        Cow::from(message).into()
    }
}
