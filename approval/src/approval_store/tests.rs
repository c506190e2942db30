use toolgate_core::caller::Caller;

use super::*;

fn at(seconds: u64) -> UnixTime {
    UnixTime::from_seconds(seconds)
}

fn caller(name: &str) -> Identity {
    Caller::test(name).identity()
}

fn request(name: &str, question: &str) -> NewApproval {
    NewApproval {
        caller: caller(name),
        issuer: "https://issuer.test".to_owned(),
        subject: name.to_owned(),
        item: "tool delete".to_owned(),
        question: question.to_owned(),
        scopes: vec!["notes:write".to_owned()],
    }
}

fn stored(id: &str) -> ApprovalStore {
    let mut store = ApprovalStore::default();
    let inserted = store.insert(id.to_owned(), request("alice", "Delete 7?"), at(10));
    inserted.unwrap();
    store
}

/// Signs the user in, and returns the cookie and the token of the form.
fn signed_in(store: &mut ApprovalStore, id: &str) -> (String, String) {
    let (sign_in, cookie) = SignIn::signed_in().unwrap();
    let approval = store.get(id, at(10)).unwrap();
    approval.add(sign_in);
    let form_token = approval.form_token(&cookie).unwrap().to_owned();
    (cookie, form_token)
}

#[test]
fn an_approval_is_returned_once() {
    let mut store = stored("a");
    let (cookie, token) = signed_in(&mut store, "a");
    let alice = caller("alice");
    let pending = store.look_up("a", &alice, at(10), false);
    assert!(matches!(pending, Found::Pending(_, None)));
    let approval = store.get("a", at(10)).unwrap();
    assert_eq!(approval.decide(&cookie, &token, true), Deciding::Done);
    assert_eq!(
        approval.decide(&cookie, &token, false),
        Deciding::DecidedBefore
    );
    assert!(matches!(
        store.look_up("a", &alice, at(10), true),
        Found::Decided(true)
    ));
    assert!(matches!(
        store.look_up("a", &alice, at(10), true),
        Found::Unknown
    ));
    assert!(store.all.is_empty() && store.bytes == 0);
}

#[test]
fn another_caller_finds_nothing_and_withdraws_nothing() {
    let mut store = stored("a");
    let mallory = caller("mallory");
    assert!(matches!(
        store.look_up("a", &mallory, at(10), true),
        Found::Unknown
    ));
    assert!(store.of_caller("a", &mallory, at(10)).is_none());
    assert!(store.of_caller("a", &caller("alice"), at(10)).is_some());
}

#[test]
fn a_form_without_its_token_or_its_cookie_decides_nothing() {
    let mut store = stored("a");
    let (cookie, token) = signed_in(&mut store, "a");
    let (other_cookie, other_token) = {
        let mut store = stored("b");
        signed_in(&mut store, "b")
    };
    let approval = store.get("a", at(10)).unwrap();
    for (cookie, token) in [
        (&*cookie, ""),
        (&*cookie, &*other_token),
        ("", &*token),
        (&*other_cookie, &*token),
        (&*other_cookie, &*other_token),
    ] {
        assert_eq!(approval.decide(cookie, token, true), Deciding::Refused);
    }
    assert!(!approval.is_decided());
}

#[test]
fn a_state_is_used_once() {
    let mut store = stored("a");
    let (sign_in, started) = SignIn::start().unwrap();
    let approval = store.get("a", at(10)).unwrap();
    approval.add(sign_in);
    let take =
        |approval: &mut Approval, cookie: &str| approval.take_redemption(&started.state, cookie);
    assert!(take(approval, "").is_none());
    assert!(take(approval, &started.cookie).is_some());
    assert!(take(approval, &started.cookie).is_none());
}

#[test]
fn sign_ins_of_one_approval_are_bounded() {
    let mut store = stored("a");
    let (cookie, token) = signed_in(&mut store, "a");
    let approval = store.get("a", at(10)).unwrap();
    for _ in 0..SIGN_INS {
        approval.add(SignIn::start().unwrap().0);
    }
    assert_eq!(approval.sign_ins.len(), SIGN_INS);
    // The sign-ins that were only started are replaced. The sign-in of the user is never replaced.
    assert_eq!(approval.decide(&cookie, &token, true), Deciding::Done);
}

#[test]
fn a_user_who_has_signed_in_is_never_replaced() {
    let mut store = stored("a");
    let users: Vec<_> = (0..SIGN_INS).map(|_| signed_in(&mut store, "a")).collect();
    let approval = store.get("a", at(10)).unwrap();
    assert!(!approval.add(SignIn::start().unwrap().0));
    assert!(!approval.add(SignIn::signed_in().unwrap().0));
    assert!(!approval.count_start(""));
    for (cookie, token) in users {
        assert_eq!(approval.form_token(&cookie), Some(&*token));
    }
}

#[test]
fn an_expired_approval_is_gone() {
    let mut store = stored("a");
    let alice = caller("alice");
    assert!(store.get("a", at(309)).is_some());
    assert_eq!(
        store.get("a", at(309)).unwrap().left(at(309)),
        Duration::from_secs(1)
    );
    assert!(store.get("a", at(310)).is_none());
    assert!(matches!(
        store.look_up("a", &alice, at(310), true),
        Found::Unknown
    ));
    store
        .insert("b".to_owned(), request("bob", "?"), at(310))
        .unwrap();
    assert_eq!(store.all.len(), 1);
}

#[test]
fn one_caller_cannot_fill_the_store_for_another() {
    let mut store = ApprovalStore::default();
    for number in 0..APPROVALS_OF_CALLER {
        let inserted = store.insert(format!("a{number}"), request("alice", "?"), at(10));
        inserted.unwrap();
    }
    let refused = store.insert("more".to_owned(), request("alice", "?"), at(10));
    assert!(refused.unwrap_err().contains("of yours"));
    store
        .insert("b".to_owned(), request("bob", "?"), at(10))
        .unwrap();
    // The removal of an approval frees capacity.
    store.remove("a0");
    store
        .insert("more".to_owned(), request("alice", "?"), at(10))
        .unwrap();
}

#[test]
fn the_bytes_of_one_caller_are_bounded() {
    let mut store = ApprovalStore::default();
    let long = "y".repeat(BYTES_OF_CALLER / 2);
    store
        .insert("a".to_owned(), request("alice", &long), at(10))
        .unwrap();
    let refused = store.insert("b".to_owned(), request("alice", &long), at(10));
    assert!(refused.is_err());
    assert!(store.bytes <= BYTES_OF_CALLER);
}

#[test]
fn the_store_is_bounded_in_total_and_removes_no_approval() {
    let mut store = ApprovalStore::default();
    let most = APPROVALS / APPROVALS_OF_CALLER;
    for number in 0..APPROVALS {
        let name = format!("caller {}", number % most);
        let inserted = store.insert(number.to_string(), request(&name, "?"), at(10));
        inserted.unwrap();
    }
    let refused = store.insert("more".to_owned(), request("new", "?"), at(10));
    assert!(refused.unwrap_err().contains("on this server"));
    assert_eq!(store.all.len(), APPROVALS);
    assert!(store.bytes <= BYTES);
    assert!(store.get("0", at(10)).is_some());
    // The approvals expire.
    store
        .insert("later".to_owned(), request("new", "?"), at(310))
        .unwrap();
}

#[test]
fn requests_that_wait_are_bounded_for_each_caller() {
    let mut store = stored("a");
    store
        .insert("b".to_owned(), request("bob", "?"), at(10))
        .unwrap();
    let (alice, bob) = (caller("alice"), caller("bob"));
    for _ in 0..WAITERS_OF_CALLER {
        let found = store.look_up("a", &alice, at(10), true);
        assert!(matches!(found, Found::Pending(_, Some(_))));
    }
    let found = store.look_up("a", &alice, at(10), true);
    assert!(matches!(found, Found::Pending(_, None)));
    let found = store.look_up("b", &bob, at(10), true);
    assert!(matches!(found, Found::Pending(_, Some(_))));
    for _ in 0..WAITERS_OF_CALLER {
        store.waiters.release(&alice);
    }
    store.waiters.release(&bob);
    assert!(store.waiters.is_unused());
    let found = store.look_up("a", &alice, at(10), true);
    assert!(matches!(found, Found::Pending(_, Some(_))));
}

#[test]
fn sign_ins_that_are_started_for_one_approval_are_counted() {
    let mut store = stored("a");
    let inserted = store.insert("b".to_owned(), request("alice", "?"), at(10));
    inserted.unwrap();
    let approval = store.get("a", at(10)).unwrap();
    for _ in 0..10 {
        assert!(approval.count_start(""));
    }
    assert!(!approval.count_start(""));
    assert!(store.get("b", at(10)).unwrap().count_start(""));
}

/// Starts a sign-in, and returns its state and its cookie.
fn started(store: &mut ApprovalStore, id: &str) -> (String, String) {
    let (sign_in, started) = SignIn::start().unwrap();
    store.get(id, at(10)).unwrap().add(sign_in);
    (started.state, started.cookie)
}

#[test]
fn one_caller_redeems_two_codes_at_a_time() {
    let mut store = stored("a");
    for (id, name) in [("b", "alice"), ("c", "alice"), ("d", "bob")] {
        let inserted = store.insert(id.to_owned(), request(name, "?"), at(10));
        inserted.unwrap();
    }
    let all = ["a", "b", "c", "d"].map(|id| (id, started(&mut store, id)));
    let [_, _, (_, third), _] = &all;
    let begin = |store: &mut ApprovalStore, place: usize| {
        let (id, (state, cookie)) = &all[place];
        store.begin_redemption(id, state, cookie, at(10))
    };
    assert!(matches!(begin(&mut store, 0), Begun::Redemption { .. }));
    assert!(matches!(begin(&mut store, 1), Begun::Redemption { .. }));
    // The third keeps its sign-in, and another caller is not affected.
    assert!(matches!(begin(&mut store, 2), Begun::Busy));
    let foreign = store.begin_redemption("c", &third.0, "guessed", at(10));
    assert!(matches!(foreign, Begun::Refused));
    assert!(matches!(begin(&mut store, 3), Begun::Redemption { .. }));
    store.redemptions.release(&caller("alice"));
    assert!(matches!(begin(&mut store, 2), Begun::Redemption { .. }));
    assert!(matches!(begin(&mut store, 2), Begun::Refused | Begun::Busy));
    store.redemptions.release(&caller("alice"));
    store.redemptions.release(&caller("alice"));
    store.redemptions.release(&caller("bob"));
    assert!(store.redemptions.is_unused());
}

#[test]
fn the_form_is_shown_once_for_each_sign_in() {
    let mut store = stored("a");
    let (cookie, token) = signed_in(&mut store, "a");
    let approval = store.get("a", at(10)).unwrap();
    assert!(approval.show_form("guessed").is_none());
    assert_eq!(approval.show_form(&cookie), Some(&*token));
    assert!(approval.show_form(&cookie).is_none());
    // A user who signs in again gets another cookie, and uses no second place.
    assert!(approval.count_start(&cookie));
    assert!(approval.sign_ins.is_empty());
    assert_eq!(approval.decide(&cookie, &token, true), Deciding::Refused);
}
