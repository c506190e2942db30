//! Limits that the attribute cannot compare with the type.

use super::*;

type Small = u8;

/// Counts.
#[mcp_tool(public)]
fn count(#[arg(minimum = 300)] by: Small) -> u8 {
    by
}

/// Counts down.
#[mcp_tool(public)]
fn count_down(#[arg(maximum = -1)] by: Small) -> u8 {
    by
}

/// Counts far.
#[mcp_tool(public)]
fn count_far(
    #[arg(maximum = 340_282_366_920_938_463_463_374_607_431_768_211_455)] to: f64,
) -> String {
    to.to_string()
}

#[test]
fn a_limit_that_an_alias_hides_is_an_error_at_start_up() {
    let told = faults::<()>(tools![count, count_down]);
    for sentence in [
        "the `minimum` 300 of the argument `by` is beyond the `maximum` 255 of its type",
        "the `maximum` -1 of the argument `by` is beyond the `minimum` 0 of its type",
    ] {
        assert!(told.contains(sentence), "{told}");
    }
}

#[test]
fn a_limit_beyond_64_bits_is_published() {
    let desk = desk((), tools![count_far]);
    let schema = &desk.tool("count_far").listing().input_schema;
    // The limits of an integer type are stricter.
    let limit = schema["properties"]["to"]["maximum"].as_f64();
    assert_eq!(limit, Some(u128::MAX as f64));
}
