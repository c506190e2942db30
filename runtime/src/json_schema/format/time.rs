//! Dates, times and durations (RFC 3339).

/// `date-time` (§5.6).
pub(super) fn is_date_time(text: &str) -> bool {
    text.split_once(['T', 't'])
        .is_some_and(|(date, time)| is_date(date) && is_time(time))
}

/// `full-date` (§5.6), with the days that a month has (§5.7).
pub(super) fn is_date(text: &str) -> bool {
    let mut parts = text.split('-');
    let (Some(year), Some(month), Some(day), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let (Some(year), Some(month), Some(day)) = (digits(year, 4), digits(month, 2), digits(day, 2))
    else {
        return false;
    };
    let is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let days = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (1..=days).contains(&day)
}

/// `full-time` (§5.6). A leap second is the last second of a day of UTC (§5.7).
pub(super) fn is_time(text: &str) -> bool {
    let Some((time, sign)) = text
        .find(['Z', 'z', '+', '-'])
        .and_then(|at| text.split_at_checked(at))
    else {
        return false;
    };
    let (clock, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let mut parts = clock.split(':');
    let (Some(hour), Some(minute), Some(second), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let (Some(hour), Some(minute), Some(second), Some(offset)) = (
        digits(hour, 2),
        digits(minute, 2),
        digits(second, 2),
        offset(sign),
    ) else {
        return false;
    };
    let is_last_minute = || (hour * 60 + minute - offset).rem_euclid(24 * 60) == 24 * 60 - 1;
    hour < 24
        && minute < 60
        && (second < 60 || second == 60 && is_last_minute())
        && !fraction.is_empty()
        && fraction.bytes().all(|byte| byte.is_ascii_digit())
}

/// `time-offset`, in minutes.
fn offset(text: &str) -> Option<i32> {
    if matches!(text, "Z" | "z") {
        return Some(0);
    }
    let (sign, rest) = text.split_at_checked(1)?;
    let (hour, minute) = rest.split_once(':')?;
    let (hour, minute) = (digits(hour, 2)?, digits(minute, 2)?);
    let minutes = hour * 60 + minute;
    let minutes = match sign {
        "+" => minutes,
        "-" => -minutes,
        _ => return None,
    };
    (hour < 24 && minute < 60).then_some(minutes)
}

/// Parses a number with exactly this many digits.
fn digits(text: &str, count: usize) -> Option<i32> {
    (text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())?
}

/// `duration` (appendix A): no unit may be skipped between two others, so a year and a day
/// need a month between them.
pub(super) fn is_duration(text: &str) -> bool {
    let Some(text) = text.strip_prefix('P') else {
        return false;
    };
    let (date, time) = match text.split_once('T') {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let is_right_time = time.is_none_or(|time| is_run(time, "HMS"));
    match date {
        "" => time.is_some() && is_right_time,
        _ if is_run(date, "W") => time.is_none(),
        _ => is_run(date, "YMD") && is_right_time,
    }
}

/// Returns whether a text consists of numbers, each with a unit, and the units follow each
/// other in `units`.
fn is_run(text: &str, units: &str) -> bool {
    let mut found = String::new();
    for part in text.split_inclusive(|c: char| !c.is_ascii_digit()) {
        let number = part.trim_end_matches(|c: char| !c.is_ascii_digit());
        if number.is_empty() || number.len() == part.len() || found.len() == units.len() {
            return false;
        }
        found.push_str(part.get(number.len()..).unwrap_or_default());
    }
    !found.is_empty() && units.contains(&found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_an_offset_and_leap_seconds_at_the_end_of_a_day_of_utc() {
        for right in [
            "2026-11-27T13:36:39Z",
            "2024-02-29t00:00:00.5z",
            "2016-12-31T23:59:60Z",
            "2017-01-01T01:29:60+01:30",
            "2016-12-31T15:59:60.7-08:00",
        ] {
            assert!(is_date_time(right), "{right}");
        }
        for wrong in [
            "2026-11-27 13:36:39Z",
            "2026-11-27T13:36:39",
            "2026-11-27T13:36Z",
            "2026-11-27T24:00:00Z",
            "2026-11-27T13:36:39.Z",
            "2026-11-27T13:36:39+0100",
            "2026-11-27T13:36:39+24:00",
            "2016-12-31T22:59:60Z",
            "2016-12-31T12:00:00Z00:30",
            "2016-12-31T23:59:61Z",
            "2023-02-29T00:00:00Z",
            "1900-02-29T00:00:00Z",
            "2026-11-27T13:36:39Z ",
            "",
        ] {
            assert!(!is_date_time(wrong), "{wrong}");
        }
        assert!(is_date("2000-02-29") && is_date("0000-12-31"));
        for wrong in [
            "2000-13-01",
            "2000-00-01",
            "2000-04-31",
            "2000-4-1",
            "+200-04-01",
        ] {
            assert!(!is_date(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_duration_has_no_gap_between_its_units() {
        for right in [
            "P1Y",
            "P1Y2M3DT4H5M6S",
            "P2W",
            "PT36H",
            "PT1M",
            "P1MT1S",
            "P0D",
        ] {
            assert!(is_duration(right), "{right}");
        }
        for wrong in [
            "P", "PT", "1D", "P1", "P1YT", "P1Y2D", "PT1H1S", "P1W1D", "P1WT1H", "P1D1D", "P1S",
            "PT1D", "P1.5D", "-P1D", "P1D ", "p1d", "PD",
        ] {
            assert!(!is_duration(wrong), "{wrong}");
        }
    }
}
