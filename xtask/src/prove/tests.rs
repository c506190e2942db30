//! Checks the bounds themselves: a check that accepts everything would make the table
//! worthless.

use std::time::Duration;

use super::{Latencies, Memory, Row, body_shapes::BodyShape, mebibytes};

const MIB: u64 = 1024 * 1024;

fn row(peak: u64, calm: [u64; 2], flood: [u64; 2]) -> Row {
    let latencies = |[median, high]: [u64; 2]| Latencies {
        median: Duration::from_millis(median),
        high: Duration::from_millis(high),
    };
    Row {
        form: BodyShape::ArgumentsAsList,
        requests: 1,
        before: Memory {
            now: 10 * MIB,
            peak: 12 * MIB,
        },
        after: Memory {
            now: 11 * MIB,
            peak,
        },
        health: (latencies(calm), latencies(flood)),
        call: (latencies(calm), latencies(calm)),
    }
}

#[test]
fn a_row_within_the_bounds_passes() {
    let errors = row(26 * MIB, [10, 20], [50, 100]).errors();
    assert_eq!(errors, Vec::<String>::new());
    // Too short to compare, whatever the ratio.
    let errors = row(26 * MIB, [1, 1], [10, 10]).errors();
    assert_eq!(errors, Vec::<String>::new());
}

#[test]
fn each_broken_bound_is_reported_with_its_figures() {
    let errors = row(26 * MIB + 1, [10, 20], [50, 100]).errors();
    assert_eq!(errors.len(), 1);
    assert!(errors[0].contains("16.0 MiB are the bound"), "{errors:?}");
    let errors = row(20 * MIB, [10, 20], [51, 101]).errors();
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert!(
        errors[0].contains("51.0 ms instead of 10.0 ms"),
        "{errors:?}"
    );
}

#[test]
fn bytes_are_formatted_in_mebibytes() {
    assert_eq!(mebibytes(0), "0.0 MiB");
    assert_eq!(mebibytes(3 * MIB / 2), "1.5 MiB");
}
