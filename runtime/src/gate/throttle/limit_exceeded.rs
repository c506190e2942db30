//! [`LimitExceeded`]: which limit a request has reached.

use std::time::Duration;

use crate::{denial::DenialReason, rate::Rate};

/// Which limit a request has reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LimitExceeded {
    Rate {
        of: RateOf,
        rate: Rate,
        /// The time to wait, in whole seconds.
        retry_after: Duration,
    },
    /// The maximum number of requests for the item already runs.
    Running { most: u32 },
}

/// What a rate counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RateOf {
    /// The requests of one caller for one item.
    Item,
    /// The requests of one caller.
    Caller,
    /// The requests of one address without a valid token.
    Address,
    /// The tokens of one address that are not valid.
    Failures,
}

impl LimitExceeded {
    pub(in crate::gate) fn reason(self) -> DenialReason {
        match self {
            Self::Rate { .. } => DenialReason::RateLimited,
            Self::Running { .. } => DenialReason::TooManyRunning,
        }
    }

    /// Returns the time after which the client can try again.
    pub(in crate::gate) fn retry_after(self) -> Duration {
        match self {
            Self::Rate { retry_after, .. } => retry_after,
            Self::Running { .. } => Duration::from_secs(1),
        }
    }

    pub(in crate::gate) fn description(self) -> String {
        match self {
            Self::Rate {
                of,
                rate,
                retry_after,
            } => {
                let what = match of {
                    RateOf::Item => "requests of one caller for this item",
                    RateOf::Caller => "requests of one caller",
                    RateOf::Address => "requests of one address without a valid access token",
                    RateOf::Failures => "invalid access tokens of one address",
                };
                let seconds = retry_after.as_secs();
                let unit = if seconds == 1 { "second" } else { "seconds" };
                format!("more {what} than {rate}; try again in {seconds} {unit}")
            }
            Self::Running { most } => format!(
                "more than {most} requests of one caller for this item at the same time; try again when one of them is answered"
            ),
        }
    }
}
