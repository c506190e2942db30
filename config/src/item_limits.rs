//! [`ItemLimits`]: the limits of an item for each caller.

use std::{fmt, time::Duration};

use crate::rate::Rate;

/// The longest timeout. A longer one probably has the wrong unit.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// The largest number of requests that run at the same time.
const MOST_RUNNING: u32 = 1_000_000;

/// The limits of an item for each caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct ItemLimits {
    /// How many requests of the caller for the item are allowed.
    pub rate: Option<Rate>,
    /// How many of the caller's requests for the item may run at the same time.
    pub concurrency: Option<u32>,
    /// How long one request may run.
    pub timeout: Option<Duration>,
    /// Whether this library opens the states of its rounds, so that a request can continue an
    /// earlier one. No author sets it.
    pub takes_rounds: bool,
}

impl ItemLimits {
    /// No limit.
    pub const NONE: Self = Self {
        rate: None,
        concurrency: None,
        timeout: None,
        takes_rounds: false,
    };

    /// Returns the error in the limits, and its remedy. The attributes have the same check.
    #[must_use]
    pub fn flaw(self) -> Option<(String, String)> {
        if let Some((what, remedy)) = self.rate.and_then(Rate::flaw) {
            return Some((format!("has a rate that {what}"), remedy));
        }
        match (self.concurrency, self.timeout) {
            (Some(most), _) if !(1..=MOST_RUNNING).contains(&most) => Some((
                format!(
                    "may run {most} times at the same time, which is not between 1 and {MOST_RUNNING}"
                ),
                "write a number in that range, or remove `concurrency`".to_owned(),
            )),
            (_, Some(time)) if time < Duration::from_millis(1) || time > LONGEST => Some((
                format!("has the timeout {time:?}, which is not between 1ms and 24h"),
                "write a time in that range, or remove `timeout`".to_owned(),
            )),
            _ => None,
        }
    }
}

/// The limits as the access table shows them, or nothing.
impl fmt::Display for ItemLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(rate) = self.rate {
            write!(f, "; {rate}")?;
        }
        if let Some(most) = self.concurrency {
            write!(f, "; {most} at the same time")?;
        }
        match self.timeout {
            Some(time) => write!(f, "; timeout {time:?}"),
            None => Ok(()),
        }
    }
}
