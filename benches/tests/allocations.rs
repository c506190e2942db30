//! A request with a known token allocates nothing until it is authorized.

use toolgate_benches::Desk;

#[test]
fn a_known_token_and_its_decision_allocate_nothing() {
    for (tools, scopes) in [(10, 1), (10, 128), (10_000, 1), (10_000, 128)] {
        let desk = Desk::new(tools, scopes);
        let counted = allocation_counter::measure(|| {
            for _ in 0..100 {
                assert!(desk.warm());
                assert!(desk.decide());
                assert!(desk.decide_for_another());
            }
        });
        assert_eq!(counted.count_total, 0, "{tools} {scopes} {counted:?}");
    }
}

#[test]
fn the_counter_counts() {
    // Checks that the counter works: one that counts nothing would pass every test.
    let counted = allocation_counter::measure(|| {
        let _ = std::hint::black_box(vec![1_u8]);
    });
    assert_eq!(counted.count_total, 1);
}
