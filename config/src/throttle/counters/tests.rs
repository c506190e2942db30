use proptest::prelude::*;

use super::*;

const SECOND: u64 = 1_000_000_000;

/// A time of day: seconds since the start of 1970, in nanoseconds.
const NOON: u64 = 1_800_000_000 * SECOND;

/// Returns a key that looks like a hash. Neighbours are in different sets.
fn key(number: u64) -> u64 {
    number
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .rotate_left(31)
        .wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

fn minute(count: u32) -> Rate {
    Rate::per_minute(count)
}

impl Counters {
    /// Returns how long to wait, if a request would not be counted now.
    fn check(&self, key: u64, rate: Rate, now: u64) -> Result<(), u64> {
        let taken = self.take(key, rate, now);
        taken.map(|()| self.give_back(key, rate))
    }
}

/// Takes until the rate is used up, and returns how often.
fn used_up(counters: &Counters, key: u64, rate: Rate, now: u64) -> usize {
    (0..10_000)
        .take_while(|_| counters.take(key, rate, now).is_ok())
        .count()
}

#[test]
fn a_burst_is_allowed_and_then_one_request_for_each_interval() {
    let counters = Counters::default();
    let rate = minute(10).with_burst(20);
    assert_eq!(used_up(&counters, 1, rate, NOON), 20);
    assert_eq!(counters.take(1, rate, NOON), Err(6 * SECOND));
    assert_eq!(counters.take(1, rate, NOON + 6 * SECOND - 1), Err(1));
    assert_eq!(counters.take(1, rate, NOON + 6 * SECOND), Ok(()));
    assert_eq!(counters.take(1, rate, NOON + 6 * SECOND), Err(6 * SECOND));
    // Another key has its own counter.
    assert_eq!(used_up(&counters, 2, rate, NOON), 20);
    // An hour saves no more than a burst.
    assert_eq!(used_up(&counters, 1, rate, NOON + 3600 * SECOND), 20);
}

#[test]
fn a_refused_request_costs_nothing() {
    let counters = Counters::default();
    let rate = minute(1);
    assert_eq!(counters.take(1, rate, NOON), Ok(()));
    for second in 0..60 {
        assert!(counters.take(1, rate, NOON + second * SECOND).is_err());
        assert!(counters.check(1, rate, NOON + second * SECOND).is_err());
    }
    assert_eq!(counters.check(1, rate, NOON + 60 * SECOND), Ok(()));
    assert_eq!(counters.take(1, rate, NOON + 60 * SECOND), Ok(()));
}

#[test]
fn a_request_that_another_limit_refuses_is_given_back() {
    let counters = Counters::default();
    let rate = minute(3);
    for _ in 0..100 {
        assert_eq!(counters.take(1, rate, NOON), Ok(()));
        counters.give_back(1, rate);
    }
    assert_eq!(used_up(&counters, 1, rate, NOON), 3);
    counters.give_back(1, rate);
    assert_eq!(used_up(&counters, 1, rate, NOON), 1);
    // A request that was never counted gives nothing back.
    counters.give_back(2, rate);
    assert_eq!(used_up(&counters, 2, rate, NOON), 3);
}

/// An operator, or NTP, sets a clock back.
#[test]
fn a_clock_that_is_set_back_locks_nobody_out() {
    let counters = Counters::default();
    let rate = minute(6);
    assert_eq!(used_up(&counters, 1, rate, NOON), 6);
    let earlier = NOON - 24 * 3600 * SECOND;
    assert_eq!(counters.take(1, rate, earlier), Err(10 * SECOND));
    assert_eq!(counters.take(1, rate, earlier + 10 * SECOND), Ok(()));
}

#[test]
fn each_counted_request_has_one_continuation() {
    let counters = Counters::default();
    assert!(!counters.take_continuation(1));
    assert_eq!(used_up(&counters, 1, minute(2), NOON), 2);
    let continued = (0..10).filter(|_| counters.take_continuation(1)).count();
    assert_eq!(continued, 2);
    // A client cannot save more than a burst of them.
    for hour in 1..10 {
        let _ = counters.take(1, minute(2), NOON + hour * 3600 * SECOND);
    }
    let continued = (0..10).filter(|_| counters.take_continuation(1)).count();
    assert_eq!(continued, 2);
}

/// The memory of a million keys at the same time, and the time of each request.
#[test]
fn a_million_keys_take_two_and_a_half_mebibytes() {
    let counters = Counters::default();
    let rate = minute(60);
    let used = allocation_counter::measure(|| {
        for number in 0..1_000_000 {
            // All counters are in use: a millisecond passes, and each is restored after a second.
            let _ = counters.take(key(number), rate, NOON + number);
        }
    });
    assert!(used.bytes_max < 2_621_440, "{used:?}");
    // They were used: all but a few sets are full.
    let sets = counters.sets.get().unwrap();
    let full = sets.iter().filter(|set| lock(set).len() == WAYS).count();
    assert!(full > SETS * 9 / 10, "{full}");
    let later = allocation_counter::measure(|| {
        for number in 0..1_000_000 {
            let _ = counters.take(key(number ^ 0xffff_0000), rate, NOON + number);
        }
    });
    assert!(later.bytes_max < 65_536, "{later:?}");
}

/// An attacker with any number of addresses fills the table to get a new limit for one of them.
#[test]
fn a_full_table_resets_nobody() {
    let counters = Counters::default();
    let rate = minute(10);
    let victims: Vec<u64> = (0..1000).map(key).collect();
    for victim in &victims {
        assert_eq!(used_up(&counters, *victim, rate, NOON), 10);
    }
    for number in 1000..1_000_000 {
        let _ = counters.take(key(number), rate, NOON + 1);
    }
    for victim in &victims {
        assert!(counters.take(*victim, rate, NOON + 1).is_err());
    }
}

/// The same attacker, who wants all others to be refused.
#[test]
fn a_full_table_locks_nobody_out() {
    let counters = Counters::default();
    let rate = minute(60);
    for number in 0..1_000_000 {
        let _ = counters.take(key(number), rate, NOON);
    }
    // A key with a counter uses it as before.
    let owner = key(0);
    assert!(
        counters
            .set(owner)
            .iter()
            .any(|counter| counter.key == owner)
    );
    assert_eq!(used_up(&counters, owner, rate, NOON), 59);
    // A newcomer shares a counter, which has one request each second.
    let newcomer = key(9_999_999);
    assert!(counters.take(newcomer, rate, NOON + SECOND - 1).is_err());
    assert_eq!(counters.take(newcomer, rate, NOON + SECOND), Ok(()));
    // When the attack ends, a newcomer has a counter of its own.
    assert_eq!(
        used_up(&counters, key(8_888_888), rate, NOON + 60 * SECOND),
        60
    );
}

/// An item with a slow rate must not use up the shared counters of a fast one.
#[test]
fn rates_do_not_share_their_counters() {
    let counters = Counters::default();
    for number in 0..1_000_000 {
        let _ = counters.take(key(number), Rate::per_hour(1), NOON);
    }
    assert_eq!(
        used_up(&counters, key(7_777_777), Rate::per_second(5), NOON),
        5
    );
}

proptest! {
    /// No order of requests gets more than the burst and the rate.
    #[test]
    fn nobody_gets_more_than_the_rate(
        count in 1_u32..200,
        burst in 1_u32..50,
        steps in prop::collection::vec(0_u64..3 * SECOND, 1..200),
    ) {
        let counters = Counters::default();
        let rate = Rate::per_minute(count).with_burst(burst);
        let (mut now, mut allowed) = (NOON, 0_u64);
        for step in steps {
            now += step;
            allowed += u64::from(counters.take(1, rate, now).is_ok());
            let most = rate.burst() + (now - NOON) / rate.interval();
            prop_assert!(allowed <= most, "{allowed} of {most}");
        }
    }

    /// A naive counter of tokens allows the same requests.
    #[test]
    fn a_bucket_of_tokens_decides_the_same(
        burst in 1_u32..20,
        steps in prop::collection::vec(0_u64..5, 1..100),
    ) {
        let counters = Counters::default();
        // One token each second.
        let rate = Rate::per_minute(60).with_burst(burst);
        let (mut now, mut tokens) = (NOON, u64::from(burst));
        for step in steps {
            now += step * SECOND;
            tokens = (tokens + step).min(u64::from(burst));
            let expected = tokens > 0;
            tokens -= u64::from(expected);
            prop_assert_eq!(counters.take(1, rate, now).is_ok(), expected);
        }
    }
}
