use super::*;

#[test]
fn a_rate_is_read_as_it_is_written() {
    for text in ["1/s", "10/min burst 20", "1000000/h", "7/s burst 1"] {
        assert_eq!(text.parse::<Rate>().unwrap().to_string(), text);
    }
    assert_eq!("5/s burst 5".parse(), Ok(Rate::per_second(5)));
    assert_eq!(
        " 5/s  burst 6 ".parse(),
        Ok(Rate::per_second(5).with_burst(6))
    );
}

#[test]
fn an_invalid_rate_is_an_error() {
    for text in [
        "",
        "5",
        "/s",
        "5/",
        "0/s",
        "+5/s",
        "-5/s",
        "5/day",
        "5/S",
        "5 / s",
        "5/s burst",
        "5/s burst 0",
        "5/s 6",
        "5/s burst 6 7",
        "1000001/s",
        "5/s burst 1000001",
        "99999999999/s",
        "5.5/s",
        "5/s,6/s",
        "٥/s",
    ] {
        assert_eq!(text.parse::<Rate>(), Err(RateError(())), "{text}");
    }
    for rate in [Rate::per_second(0), Rate::per_hour(1).with_burst(0)] {
        assert!(rate.flaw().unwrap().0.contains("allows 0 requests"));
    }
    assert!(Rate::per_hour(u32::MAX).flaw().is_some());
    assert_eq!(Rate::per_hour(LARGEST).with_burst(LARGEST).flaw(), None);
}

#[test]
fn no_rate_overflows() {
    let largest = Rate::per_hour(1).with_burst(u32::MAX);
    assert_eq!(largest.full(), 3600 * 1_000_000_000 * 1_000_000);
    assert!(Rate::per_second(u32::MAX).interval() >= 1);
    assert_eq!(Rate::per_minute(0).interval(), 60_000_000_000);
}

#[test]
fn the_time_to_wait_is_rounded_up() {
    assert_eq!(whole_seconds(0).as_secs(), 1);
    assert_eq!(whole_seconds(1_000_000_000).as_secs(), 1);
    assert_eq!(whole_seconds(1_000_000_001).as_secs(), 2);
}
