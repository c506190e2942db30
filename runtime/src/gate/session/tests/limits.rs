//! Which session ends, or is refused, when a limit is reached.

use super::*;

/// The largest handshake, which also takes most memory when it is unpacked.
fn hostile() -> Vec<u8> {
    br#"{"":0},"#.repeat(16 * 1024 / 7)
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_opens_too_many_sessions_loses_its_oldest() {
    let world = World::new();
    let (alice, mallory) = (caller("i", "alice", ""), caller("i", "mallory", ""));
    world.open("alice", Some(&alice));
    world.open("anonymous", None);
    for number in 10..10 + 66 {
        advance(Duration::from_secs(1)).await;
        world.open(&format!("m{number}"), Some(&mallory));
    }
    assert_eq!(world.closed(), ["m10", "m11"]);
    let entered = world.enter("m10", Some(&mallory));
    assert_eq!(entered, Err(SessionAccess::NotFound));
    assert_eq!(world.enter("alice", Some(&alice)), Ok(()));
    assert_eq!(world.enter("anonymous", None), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn sessions_without_a_token_never_replace_a_session_with_an_owner() {
    let world = World::with(SessionLimits::default().with_unauthenticated_weight(10));
    let alice = caller("i", "alice", "");
    world.open("alice", Some(&alice));
    world.open("hers", None);
    world.enter("hers", Some(&alice)).unwrap();
    for number in 10..30 {
        advance(Duration::from_secs(1)).await;
        world.open(&format!("n{number}"), None);
    }
    let expected: Vec<_> = (10..20).map(|number| format!("n{number}")).collect();
    assert_eq!(world.closed(), expected);
    assert_eq!(world.enter("alice", Some(&alice)), Ok(()));
    assert_eq!(world.enter("hers", Some(&alice)), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_session_in_use_is_not_replaced() {
    let limits = SessionLimits::default()
        .with_unauthenticated_weight(3)
        .with_weight_per_caller(2);
    let world = World::with(limits);
    let alice = caller("i", "alice", "");
    for (owner, weight, full) in [
        (None, 3, SessionLimitReached::OfServer),
        (Some(&alice), 2, SessionLimitReached::OfCaller),
    ] {
        let mut open: Vec<_> = (0..weight)
            .map(|number| {
                let id = format!("{} {number}", owner.is_some());
                world.open(&id, owner);
                world.sessions.enter(&id, owner).unwrap()
            })
            .collect();
        assert_eq!(world.try_open("new", owner, b""), Err(full));
        assert!(world.closed().is_empty());
        let idle = open.remove(1).id().to_owned();
        world.open("new", owner);
        assert_eq!(world.closed(), [idle]);
        world.sessions.remove("new");
    }
}

#[tokio::test]
async fn unfinished_handshakes_take_places() {
    let world = World::with(SessionLimits::default().with_unauthenticated_weight(2));
    let first = world.sessions.reserve(None, b"").unwrap();
    let second = world.sessions.reserve(None, b"").unwrap();
    assert_eq!(
        world.try_open("3", None, b""),
        Err(SessionLimitReached::OfServer)
    );
    // A handshake that fails releases its weight.
    drop(first);
    world.open("3", None);
    drop(second);
    world.open("4", None);
    assert!(world.closed().is_empty());
    assert_eq!(world.sessions.store.lock().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn sessions_are_limited_by_bytes_too() {
    let world = World::new();
    let mallory = caller("i", "mallory", "");
    for (owner, most) in [(Some(&mallory), 64 / 32), (None, 1024 / 32)] {
        for number in 0..100 {
            advance(Duration::from_secs(1)).await;
            let id = format!("{} {number}", owner.is_some());
            world.try_open(&id, owner, &hostile()).unwrap();
        }
        assert_eq!(world.closed().len(), 100 - most);
    }
}

#[tokio::test(start_paused = true)]
async fn a_full_server_ends_a_session_of_the_owner_with_most() {
    let world = World::with(SessionLimits::default().with_total_weight(10));
    let of = |subject: &str| caller("i", subject, "");
    let (alice, mallory) = (of("alice"), of("mallory"));
    // Idle for longest, and the only one of its owner.
    world.open("alice", Some(&alice));
    for number in 0..20 {
        advance(Duration::from_secs(1)).await;
        world.open(&format!("m{number:02}"), Some(&mallory));
    }
    let expected: Vec<_> = (0..11).map(|number| format!("m{number:02}")).collect();
    assert_eq!(world.closed(), expected);
    // Further callers also replace sessions of the owner with most.
    for subject in ["bob", "carol"] {
        world.open(subject, Some(&of(subject)));
    }
    assert_eq!(world.closed(), ["m11", "m12"]);
    assert_eq!(world.enter("alice", Some(&alice)), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn between_equal_owners_the_session_that_is_idle_longest_ends() {
    let world = World::with(SessionLimits::default().with_total_weight(5));
    let of = |number: i32| caller("i", &number.to_string(), "");
    for number in 0..7 {
        advance(Duration::from_secs(1)).await;
        world.open(&number.to_string(), Some(&of(number)));
    }
    assert_eq!(world.closed(), ["0", "1"]);
    // A second session may only replace one of the same owner, even if that is in use.
    let in_use = world.sessions.enter("6", Some(&of(6))).unwrap();
    let second = world.try_open("second", Some(&of(6)), b"");
    assert_eq!(second, Err(SessionLimitReached::OfServer));
    drop(in_use);
    world.open("second", Some(&of(6)));
    assert_eq!(world.closed(), ["6"]);
}

#[tokio::test]
async fn a_claimed_session_counts_for_its_new_owner() {
    let world = World::new();
    let mallory = caller("i", "mallory", "");
    let claim = |number: usize| {
        world.open(&number.to_string(), None);
        world.enter(&number.to_string(), Some(&mallory))
    };
    for number in 0..64 {
        assert_eq!(claim(number), Ok(()));
    }
    // Beyond its limit a caller claims none, and has to open sessions with its token.
    for number in 64..200 {
        assert_eq!(claim(number), Err(SessionAccess::NotFound), "{number}");
    }
    assert_eq!(world.enter("0", Some(&mallory)), Ok(()));
    let alice = caller("i", "alice", "");
    assert_eq!(world.enter("199", Some(&alice)), Ok(()));
    assert!(world.closed().is_empty());
}
