use super::*;

const ISSUER: &str = "https://i.example";

fn at(seconds: u64) -> UnixTime {
    UnixTime::from_seconds(seconds)
}

fn of(subject: &str, until: Option<u64>) -> Revocation {
    Revocation {
        revoked: Revoked::subject(ISSUER, subject),
        until: until.map(at),
        by_operator: false,
    }
}

fn token(subject: &str) -> TokenNames<'_> {
    TokenNames {
        issuer: ISSUER,
        subject: Some(subject),
        client: Some("app"),
        jti: Some("1"),
    }
}

#[test]
fn a_revocation_ends_at_its_time() {
    let mut list = RevocationList::default();
    assert!(list.add(of("a", Some(100)), at(1)).is_some());
    assert!(list.add(of("b", None), at(1)).is_some());
    assert!(list.revokes(token("a"), at(99)) && !list.revokes(token("a"), at(100)));
    assert!(list.revokes(token("b"), at(1_000_000)));
    assert_eq!(list.entries_of(at(100)).len(), 1);
    assert!(!list.revokes(token("c"), at(1)));
}

#[test]
fn a_shorter_revocation_does_not_end_a_longer_one() {
    for longer in [None, Some(500)] {
        let mut list = RevocationList::default();
        assert!(list.add(of("a", longer), at(1)).is_some());
        assert!(list.add(of("a", Some(100)), at(1)).is_some());
        assert!(list.revokes(token("a"), at(499)), "{longer:?}");
        assert!(list.add(of("a", None), at(1)).is_some());
        assert!(list.revokes(token("a"), at(501)), "{longer:?}");
        assert!(list.remove(&Revoked::subject(ISSUER, "a"), false, at(1)));
        assert!(!list.revokes(token("a"), at(1)));
    }
}

#[test]
fn each_name_of_a_token_can_revoke_it() {
    for revoked in [
        Revoked::issuer(ISSUER),
        Revoked::client(ISSUER, "app"),
        Revoked::token(ISSUER, "1"),
        Revoked::subject(ISSUER, "a"),
    ] {
        let mut list = RevocationList::default();
        let added = Revocation {
            revoked: revoked.clone(),
            until: None,
            by_operator: false,
        };
        assert!(list.add(added, at(1)).is_some());
        assert!(list.revokes(token("a"), at(1)), "{revoked:?}");
        assert!(list.remove(&revoked, false, at(1)) && !list.revokes(token("a"), at(1)));
    }
    // The names of different kinds and issuers stay apart.
    let mut list = RevocationList::default();
    for revoked in [
        Revoked::subject(ISSUER, "app"),
        Revoked::client(ISSUER, "a"),
        Revoked::token("https://other.example", "1"),
    ] {
        let added = Revocation {
            revoked,
            until: None,
            by_operator: false,
        };
        assert!(list.add(added, at(1)).is_some());
    }
    assert!(!list.revokes(token("a"), at(1)));
}

#[test]
fn a_full_list_takes_no_more_until_one_ends() {
    let mut list = RevocationList::default();
    for number in 0..MOST {
        assert!(
            list.add(of(&number.to_string(), Some(100)), at(1))
                .is_some()
        );
    }
    assert!(list.add(of("more", None), at(1)).is_none());
    // One that is there can be changed.
    assert!(list.add(of("1", None), at(1)).is_some());
    assert!(list.add(of("more", None), at(100)).is_some());
    let mut list = RevocationList::default();
    assert!(list.add(of(&"a".repeat(MOST_BYTES), None), at(1)).is_none());
}

#[test]
fn a_merge_loses_nothing_and_keeps_the_longer_time() {
    let list = |version, entries: &[(&str, Option<u64>)]| {
        let mut list = RevocationList {
            version,
            ..RevocationList::default()
        };
        for (subject, until) in entries {
            assert!(list.add(of(subject, *until), at(1)).is_some());
        }
        list
    };
    let mut merged = list(7, &[("a", Some(10)), ("b", None), ("c", Some(5))]);
    merged.merge(list(3, &[("a", Some(20)), ("b", Some(5)), ("d", None)]));
    let expected = list(
        7,
        &[("a", Some(20)), ("b", None), ("c", Some(5)), ("d", None)],
    );
    assert_eq!(merged, expected);
    let read = RevocationList::read(&merged.write().unwrap()).unwrap();
    assert_eq!(read, merged);
    assert!(RevocationList::read(b"{}").is_err());
}

fn by_operator(subject: &str, until: Option<u64>) -> Revocation {
    Revocation {
        by_operator: true,
        ..of(subject, until)
    }
}

fn tool(name: &str) -> ItemName {
    ItemName {
        kind: crate::ItemKind::Tool,
        name: name.to_owned(),
    }
}

#[test]
fn a_lift_of_one_party_leaves_the_revocation_of_the_other() {
    let revoked = Revoked::subject(ISSUER, "a");
    for first in [false, true] {
        let mut list = RevocationList::default();
        assert_eq!(list.add(of("a", None), at(1)), Some(true));
        assert_eq!(list.add(by_operator("a", None), at(1)), Some(true));
        assert_eq!(list.add(by_operator("a", Some(9)), at(1)), Some(false));
        assert!(list.remove(&revoked, first, at(1)));
        assert!(!list.remove(&revoked, first, at(1)));
        assert!(list.revokes(token("a"), at(1)));
        assert!(list.remove(&revoked, !first, at(1)));
        assert!(!list.revokes(token("a"), at(1)));
    }
}

#[test]
fn a_full_list_of_the_program_leaves_room_for_the_operator_and_the_operators_is_bounded() {
    let mut list = RevocationList::default();
    for number in 0..MOST {
        let subject = format!("{number}{}", "a".repeat(100));
        assert!(list.add(of(&subject, None), at(1)).is_some());
    }
    assert_eq!(list.switch_off(&tool("delete"), at(1)), Some(true));
    for number in 1..MOST_OF_OPERATOR {
        let subject = format!("{number}{}", "a".repeat(80));
        assert!(list.add(by_operator(&subject, None), at(1)).is_some());
    }
    assert!(list.add(by_operator("more", None), at(1)).is_none());
    assert_eq!(list.switch_off(&tool("more"), at(1)), None);
    assert_eq!(list.switch_off(&tool("delete"), at(1)), Some(false));
    // The largest record fits into the store.
    assert!(list.write().unwrap().len() < 256 * 1024);
    assert!(list.switch_on(&tool("delete")));
    assert!(!list.switch_on(&tool("delete")));
    let long = tool(&"a".repeat(MOST_BYTES_OF_OPERATOR));
    assert_eq!(list.switch_off(&long, at(1)), None);
}

#[test]
fn a_merge_keeps_what_the_operator_has_taken_away() {
    let (mut one, mut other) = (RevocationList::default(), RevocationList::default());
    assert!(one.add(by_operator("a", Some(10)), at(1)).is_some());
    assert!(one.switch_off(&tool("delete"), at(1)).is_some());
    assert!(other.add(by_operator("a", Some(20)), at(1)).is_some());
    assert!(other.switch_off(&tool("write"), at(1)).is_some());
    one.merge(other);
    assert!(one.revokes(token("a"), at(19)));
    assert_eq!(one.switched_off().len(), 2);
    assert_eq!(RevocationList::read(&one.write().unwrap()).unwrap(), one);
}
