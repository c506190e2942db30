use std::sync::Mutex;

use super::*;
use crate::TrustedProxies;
use toolgate_core::clock::UnixTime;

/// A clock with fractions of a second.
#[derive(Default)]
struct Moved(Mutex<Duration>);

impl Clock for Moved {
    fn now(&self) -> UnixTime {
        UnixTime::from_seconds(self.since_epoch().as_secs())
    }

    fn since_epoch(&self) -> Duration {
        *self.0.lock().unwrap()
    }
}

const TOOL: Target = Target::Tool(0);
const OTHER: Target = Target::Tool(1);

fn throttle(limits: ItemLimits, settings: RateSettings) -> (Throttle, Arc<Moved>) {
    let clock = Arc::new(Moved(Mutex::new(Duration::from_secs(1_800_000_000))));
    let other = ItemLimits {
        rate: Some(Rate::per_hour(1)),
        ..ItemLimits::NONE
    };
    let limits = HashMap::from([(TOOL, limits), (OTHER, other)]);
    let throttle = Throttle::new(limits, settings, Arc::clone(&clock) as _);
    (*throttle.unwrap(), clock)
}

fn by_unauthenticated(targets: &[Target]) -> LimitedRequest<'_> {
    LimitedRequest {
        rate_limit_key: RateLimitKey::AllUnauthenticated,
        targets,
        runs: true,
        continues: false,
    }
}

#[test]
fn nothing_is_built_where_nothing_is_limited() {
    let built = Throttle::new(
        HashMap::new(),
        RateSettings::default(),
        Arc::new(Moved::default()),
    );
    assert!(built.is_none());
    let proxies = RateSettings {
        proxies: Some(TrustedProxies::default()),
        ..RateSettings::default()
    };
    assert!(Throttle::new(HashMap::new(), proxies, Arc::new(Moved::default())).is_none());
}

#[test]
fn a_rate_is_counted_in_fractions_of_a_second() {
    let limits = ItemLimits {
        rate: Some(Rate::per_second(10).with_burst(1)),
        ..ItemLimits::NONE
    };
    let (throttle, clock) = throttle(limits, RateSettings::default());
    for _ in 0..10 {
        assert!(throttle.begin(&by_unauthenticated(&[TOOL])).is_ok());
        assert!(throttle.begin(&by_unauthenticated(&[TOOL])).is_err());
        *clock.0.lock().unwrap() += Duration::from_millis(100);
    }
}

/// A client that listens for several resources uses each of them or none.
#[test]
fn a_request_that_one_item_refuses_is_counted_for_no_item() {
    let limits = ItemLimits {
        rate: Some(Rate::per_hour(2)),
        ..ItemLimits::NONE
    };
    let (throttle, _) = throttle(limits, RateSettings::default());
    assert!(throttle.begin(&by_unauthenticated(&[TOOL, OTHER])).is_ok());
    for _ in 0..5 {
        assert!(throttle.begin(&by_unauthenticated(&[TOOL, OTHER])).is_err());
    }
    assert!(throttle.begin(&by_unauthenticated(&[TOOL])).is_ok());
    assert!(throttle.begin(&by_unauthenticated(&[TOOL])).is_err());
}

#[test]
fn a_request_that_the_rate_refuses_does_not_stay_running() {
    let limits = ItemLimits {
        rate: Some(Rate::per_hour(2)),
        concurrency: Some(1),
        ..ItemLimits::NONE
    };
    let (throttle, clock) = throttle(limits, RateSettings::default());
    let running = throttle.begin(&by_unauthenticated(&[TOOL])).unwrap();
    assert_eq!(
        throttle.begin(&by_unauthenticated(&[TOOL])).err(),
        Some(LimitExceeded::Running { most: 1 })
    );
    drop(running);
    // The request that was refused as running was not counted by the rate.
    drop(throttle.begin(&by_unauthenticated(&[TOOL])).unwrap());
    for _ in 0..3 {
        let refused = throttle.begin(&by_unauthenticated(&[TOOL])).err();
        assert!(
            matches!(refused, Some(LimitExceeded::Rate { .. })),
            "{refused:?}"
        );
    }
    *clock.0.lock().unwrap() += Duration::from_secs(1800);
    assert!(throttle.begin(&by_unauthenticated(&[TOOL])).is_ok());
    assert!(throttle.running.is_empty());
}
