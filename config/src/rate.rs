//! [`Rate`]: how many requests are allowed in a period.

use std::{fmt, str::FromStr, time::Duration};

/// The largest number of requests of a rate, and of a burst: every interval is then at least one
/// nanosecond, and every sum of intervals fits into 64 bits.
const LARGEST: u32 = 1_000_000;

/// How many requests are allowed in a second, a minute or an hour, and how many of them can come at
/// the same time.
///
/// The requests are spaced evenly: `10/min` allows one request every six seconds, and a caller who
/// sends no requests saves up to 10 of them, which is the default burst (the generic cell rate
/// algorithm of ITU-T I.371). So a caller never gets more than `burst` requests plus those that
/// `10/min` allows in the time that has passed.
///
/// ```
/// use toolgate::gate::Rate;
///
/// let rate = Rate::per_minute(600).with_burst(100);
/// assert_eq!(rate.to_string(), "600/min burst 100");
/// assert_eq!("600/min burst 100".parse(), Ok(rate));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rate {
    count: u32,
    period: Period,
    burst: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Period {
    Second,
    Minute,
    Hour,
}

impl Rate {
    /// Allows this many requests in a second. 0, and more than 1,000,000, are errors at start-up.
    #[must_use]
    pub const fn per_second(count: u32) -> Self {
        Self::new(count, Period::Second)
    }

    /// Allows this many requests in a minute. 0, and more than 1,000,000, are errors at start-up.
    #[must_use]
    pub const fn per_minute(count: u32) -> Self {
        Self::new(count, Period::Minute)
    }

    /// Allows this many requests in an hour. 0, and more than 1,000,000, are errors at start-up.
    #[must_use]
    pub const fn per_hour(count: u32) -> Self {
        Self::new(count, Period::Hour)
    }

    /// Allows this many requests at the same time, after a time without requests. 0, and more than
    /// 1,000,000, are errors at start-up. The default is the number of the rate.
    #[must_use]
    pub const fn with_burst(self, burst: u32) -> Self {
        Self { burst, ..self }
    }

    const fn new(count: u32, period: Period) -> Self {
        Self {
            count,
            period,
            burst: count,
        }
    }

    /// Returns what is wrong with the rate, and the remedy.
    #[doc(hidden)]
    #[must_use]
    pub fn flaw(self) -> Option<(String, String)> {
        let named = [
            ("requests", self.count),
            ("requests as its burst", self.burst),
        ];
        let (noun, number) = named
            .into_iter()
            .find(|(_, number)| !(1..=LARGEST).contains(number))?;
        Some((
            format!("allows {number} {noun}, which is not between 1 and {LARGEST}"),
            "write a number in that range, such as 600/min, or remove the rate".to_owned(),
        ))
    }

    /// Returns the time in which one request is allowed, in nanoseconds.
    #[doc(hidden)]
    #[must_use]
    pub fn interval(self) -> u64 {
        let seconds: u64 = match self.period {
            Period::Second => 1,
            Period::Minute => 60,
            Period::Hour => 3600,
        };
        seconds * 1_000_000_000 / u64::from(self.count.clamp(1, LARGEST))
    }

    /// Returns the time after which a whole burst is allowed again, in nanoseconds.
    #[doc(hidden)]
    #[must_use]
    pub fn full(self) -> u64 {
        self.interval() * self.burst()
    }

    /// Returns the largest number of requests at the same time.
    #[doc(hidden)]
    #[must_use]
    pub fn burst(self) -> u64 {
        u64::from(self.burst.clamp(1, LARGEST))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.period {
            Period::Second => "s",
            Period::Minute => "min",
            Period::Hour => "h",
        };
        write!(f, "{}/{unit}", self.count)?;
        match self.burst == self.count {
            true => Ok(()),
            false => write!(f, " burst {}", self.burst),
        }
    }
}

/// A text is not a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateError(());

impl fmt::Display for RateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a rate is a number of requests per `s`, `min` or `h`, and can have a burst: `600/min`, `600/min burst 100`")
    }
}

impl std::error::Error for RateError {}

impl FromStr for Rate {
    type Err = RateError;

    /// Parses `600/min` or `600/min burst 100`. A number of 0, or above 1,000,000, is an error.
    fn from_str(text: &str) -> Result<Self, RateError> {
        let mut words = text.split_ascii_whitespace();
        let (count, unit) = words
            .next()
            .and_then(|rate| rate.split_once('/'))
            .ok_or(RateError(()))?;
        let period = match unit {
            "s" => Period::Second,
            "min" => Period::Minute,
            "h" => Period::Hour,
            _ => return Err(RateError(())),
        };
        let mut rate = Self::new(number(count)?, period);
        match (words.next(), words.next(), words.next()) {
            (None, _, _) => {}
            (Some("burst"), Some(burst), None) => rate.burst = number(burst)?,
            _ => return Err(RateError(())),
        }
        match rate.flaw() {
            None => Ok(rate),
            Some(_) => Err(RateError(())),
        }
    }
}

/// Parses a number that has only digits: Rust would also accept `+5`.
fn number(text: &str) -> Result<u32, RateError> {
    match text.bytes().all(|byte| byte.is_ascii_digit()) {
        true => text.parse().map_err(|_| RateError(())),
        false => Err(RateError(())),
    }
}

/// Returns a time in nanoseconds as seconds, rounded up: the server would refuse a client again
/// that waits for a time that is rounded down.
pub fn whole_seconds(nanoseconds: u64) -> Duration {
    Duration::from_secs(nanoseconds.div_ceil(1_000_000_000).max(1))
}

#[cfg(test)]
mod tests;
