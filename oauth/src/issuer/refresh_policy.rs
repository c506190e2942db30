//! The refresh policy of a JWKS cache: pure arithmetic on time.
//!
//! It balances two goals: a new key is accepted quickly, and clients cannot make this server
//! flood the issuer with tokens that have invented key ids, or with any tokens while the
//! issuer is down.

use std::time::Duration;

use tokio::time::Instant;

/// The shortest pause between two attempts, for any reason.
const SHORTEST: Duration = Duration::from_secs(1);

/// The longest pause after attempts for unknown keys without a new key. A new key is accepted
/// at most this long after its first use, plus one fetch.
const LONGEST_COOL_DOWN: Duration = Duration::from_secs(10);

/// The longest pause after failures, which limits the time until the issuer's return is
/// noticed.
const LONGEST_BACK_OFF: Duration = Duration::from_secs(30);

/// After this time without an attempt, the next unknown key is fetched immediately.
const CALM: Duration = Duration::from_secs(60);

/// The reason for a load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Demand {
    /// The keys are missing or old.
    Due,
    /// A token names an unknown key.
    UnknownKey,
}

/// The result of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// New keys.
    Changed,
    /// The same keys.
    Unchanged,
    /// No keys.
    Failed,
}

/// The state of the policy.
#[derive(Debug, Default)]
pub(super) struct RefreshPolicy {
    ended: Option<Instant>,
    failures: u32,
    fruitless: u32,
}

impl RefreshPolicy {
    /// Records the outcome of an attempt.
    pub(super) fn record(&mut self, demand: Demand, outcome: Outcome, now: Instant) {
        let calm = self.ended.is_none_or(|ended| now >= ended + CALM);
        self.ended = Some(now);
        match outcome {
            Outcome::Failed => self.failures = self.failures.saturating_add(1),
            Outcome::Changed => (self.failures, self.fruitless) = (0, 0),
            Outcome::Unchanged => {
                self.failures = 0;
                match demand {
                    Demand::UnknownKey if calm => self.fruitless = 1,
                    Demand::UnknownKey => self.fruitless = self.fruitless.saturating_add(1),
                    Demand::Due => {}
                }
            }
        }
    }

    /// Returns how long the next attempt has to wait.
    pub(super) fn wait(&self, demand: Demand, now: Instant) -> Duration {
        let Some(ended) = self.ended else {
            return Duration::ZERO;
        };
        let pause = match (self.failures, demand) {
            (0, Demand::Due) => SHORTEST,
            (0, Demand::UnknownKey) => doubled(self.fruitless, LONGEST_COOL_DOWN),
            (failures, _) => doubled(failures, LONGEST_BACK_OFF),
        };
        (ended + pause).saturating_duration_since(now)
    }

    /// Returns whether the last attempt failed.
    pub(super) fn is_failing(&self) -> bool {
        self.failures > 0
    }
}

/// Returns one second, doubled for each time after the first, up to `longest`.
fn doubled(times: u32, longest: Duration) -> Duration {
    SHORTEST
        .saturating_mul(1 << times.saturating_sub(1).min(16))
        .min(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(demand: Demand, outcome: Outcome, times: usize) -> Vec<u64> {
        let mut now = Instant::now();
        let mut schedule = RefreshPolicy::default();
        (0..times)
            .map(|_| {
                schedule.record(demand, outcome, now);
                let wait = schedule.wait(demand, now);
                now += wait;
                assert_eq!(schedule.wait(demand, now), Duration::ZERO);
                wait.as_secs()
            })
            .collect()
    }

    #[test]
    fn the_first_attempt_waits_for_nothing() {
        for demand in [Demand::Due, Demand::UnknownKey] {
            let wait = RefreshPolicy::default().wait(demand, Instant::now());
            assert_eq!(wait, Duration::ZERO);
        }
    }

    #[test]
    fn a_flood_of_unknown_keys_is_answered_ever_more_slowly_up_to_ten_seconds() {
        let waits = waits(Demand::UnknownKey, Outcome::Unchanged, 7);
        assert_eq!(waits, [1, 2, 4, 8, 10, 10, 10]);
    }

    #[test]
    fn failures_are_followed_by_pauses_up_to_thirty_seconds() {
        for demand in [Demand::Due, Demand::UnknownKey] {
            let waits = waits(demand, Outcome::Failed, 8);
            assert_eq!(waits, [1, 2, 4, 8, 16, 30, 30, 30]);
        }
        assert_eq!(doubled(u32::MAX, LONGEST_BACK_OFF), LONGEST_BACK_OFF);
    }

    #[test]
    fn news_or_a_calm_ends_the_suspicion() {
        let mut now = Instant::now();
        let mut schedule = RefreshPolicy::default();
        for _ in 0..5 {
            schedule.record(Demand::UnknownKey, Outcome::Unchanged, now);
        }
        assert_eq!(schedule.wait(Demand::UnknownKey, now).as_secs(), 10);
        schedule.record(Demand::Due, Outcome::Unchanged, now);
        assert_eq!(schedule.wait(Demand::UnknownKey, now).as_secs(), 10);
        now += CALM;
        schedule.record(Demand::UnknownKey, Outcome::Unchanged, now);
        assert_eq!(schedule.wait(Demand::UnknownKey, now).as_secs(), 1);
        schedule.record(Demand::UnknownKey, Outcome::Unchanged, now);
        schedule.record(Demand::UnknownKey, Outcome::Changed, now);
        assert_eq!(schedule.wait(Demand::UnknownKey, now).as_secs(), 1);
    }
}
