//! Checks that the functions compared by the token benchmarks work.

use toolgate_benches::{Desk, Plain};

#[test]
fn a_cold_token_costs_what_a_warm_one_does_not() {
    let desk = Desk::with_tokens(10, 1, 2);
    let cold = allocation_counter::measure(|| assert!(desk.cold()));
    let warm = allocation_counter::measure(|| assert!(desk.warm()));
    assert!(cold.count_total > 10, "{cold:?}");
    assert_eq!(warm.count_total, 0, "{warm:?}");
}

#[test]
#[should_panic(expected = "a token is left")]
fn no_token_is_cold_twice() {
    let desk = Desk::with_tokens(10, 1, 3);
    assert!(desk.cold() && desk.cold());
    let _ = desk.cold();
}

#[test]
fn what_it_is_compared_with_verifies() {
    let plain = Plain::new(&Desk::with_tokens(10, 1, 3));
    assert!(plain.decode() && plain.signature() && plain.refuses());
}
