use super::*;

#[test]
fn each_second_is_taken_once_and_a_clock_that_was_set_back_does_not_stop_it() {
    let mut once = OncePerSecond::default();
    let taken = [1000, 1000, 1001, 1000, 1001, 941, 940, 940].map(|time| once.take(time));
    assert_eq!(taken, [true, false, true, false, false, false, true, false]);
}
