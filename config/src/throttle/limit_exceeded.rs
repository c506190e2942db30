//! [`LimitExceeded`]: which limit a request has reached.

use std::time::Duration;

use toolgate_core::denial::DenialReason;

use crate::rate::Rate;

/// Which limit a request has reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitExceeded {
    /// A rate.
    Rate {
        /// What it counts.
        of: RateOf,
        /// The rate.
        rate: Rate,
        /// The time to wait, in whole seconds.
        retry_after: Duration,
    },
    /// The maximum number of requests for the item already runs.
    Running {
        /// That number.
        most: u32,
    },
}

/// What a rate counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateOf {
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
    /// Returns the code of the refusal.
    #[must_use]
    pub fn reason(self) -> DenialReason {
        match self {
            Self::Rate { .. } => DenialReason::RateLimited,
            Self::Running { .. } => DenialReason::TooManyRunning,
        }
    }

    /// Returns the time after which the client can try again.
    #[must_use]
    pub fn retry_after(self) -> Duration {
        match self {
            Self::Rate { retry_after, .. } => retry_after,
            Self::Running { .. } => Duration::from_secs(1),
        }
    }

    /// Returns the description for the client.
    #[must_use]
    pub fn description(self) -> String {
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
