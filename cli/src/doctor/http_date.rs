//! The `Date` of a response (RFC 9110 §5.6.7), to compare clocks.

use std::time::{SystemTime, UNIX_EPOCH};

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// Returns by how many seconds the clock of a response is ahead of this machine's, or `None`
/// without a date.
#[expect(
    clippy::disallowed_methods,
    reason = "compares the clock of this machine, and tests set the other one"
)]
pub(super) fn ahead(date: Option<&str>) -> Option<i64> {
    let theirs = seconds(date?)?;
    let ours = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    Some(theirs - i64::try_from(ours.as_secs()).ok()?)
}

/// Parses `Sun, 06 Nov 1994 08:49:37 GMT` into seconds since 1970.
fn seconds(date: &str) -> Option<i64> {
    let (_, rest) = date.split_once(", ")?;
    let words: Vec<_> = rest.split(' ').collect();
    let [day, month, year, time, "GMT"] = words[..] else {
        return None;
    };
    let number = |text: &str| text.parse::<u16>().ok().map(i64::from);
    let month = MONTHS.iter().position(|own| *own == month)?;
    let month = i64::try_from(month).ok()? + 1;
    let (day, year) = (number(day)?, number(year)?);
    let clock: Option<Vec<_>> = time.split(':').map(number).collect();
    let [hours, minutes, seconds] = clock?[..] else {
        return None;
    };
    // Days of the proleptic Gregorian calendar, with years that begin in March.
    let (shifted, year) = match month {
        1 | 2 => (month + 9, year - 1),
        _ => (month - 3, year),
    };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * shifted + 2) / 5 + day
        - 1
        - 719_468;
    Some(((days * 24 + hours) * 60 + minutes) * 60 + seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_seconds_since_1970() {
        for (date, expected) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(784_111_777)),
            ("Tue, 29 Feb 2028 00:00:00 GMT", Some(1_835_395_200)),
            ("Sunday, 06-Nov-94 08:49:37 GMT", None),
            ("Sun, 06 Nov 1994 08:49 GMT", None),
            ("", None),
        ] {
            assert_eq!(seconds(date), expected, "{date}");
        }
    }
}
