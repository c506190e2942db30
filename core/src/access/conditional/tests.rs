use std::time::Duration;

use super::*;
use crate::{
    access::Requirement,
    scope::{Scope, ScopeTable},
};

const A: Scope = Scope::new("a");
const NOW: UnixTime = UnixTime::from_seconds(1_800_000_000);

fn claims() -> Claims {
    Claims::new("https://issuer.example", NOW.plus(60))
}

#[test]
fn every_role_of_one_set_is_needed() {
    let conditions = Conditions::NONE.with_roles(&[&["a", "b"], &["c"]]);
    for (roles, missing) in [
        (&[][..], Some(&["c"][..])),
        (&["a"], Some(&["a", "b"])),
        (&["b", "d"], Some(&["a", "b"])),
        (&["a", "b"], None),
        (&["c"], None),
    ] {
        let caller = roles
            .iter()
            .fold(claims(), |all, role| all.with_role(*role));
        assert_eq!(conditions.missing_roles(&caller), missing, "{roles:?}");
    }
}

#[test]
fn a_role_is_compared_whole_and_by_case() {
    let conditions = Conditions::NONE.with_roles(&[&["admin"]]);
    for role in ["Admin", "admin ", "admi", "administrator", "admin user"] {
        let caller = claims().with_role(role);
        assert!(conditions.missing_roles(&caller).is_some(), "{role}");
    }
}

#[test]
fn a_set_without_roles_admits_nobody() {
    let caller = claims().with_role("a");
    let conditions = Conditions::NONE.with_roles(&[&[]]);
    assert_eq!(conditions.missing_roles(&caller), Some(&[][..]));
    assert_eq!(Conditions::NONE.missing_roles(&caller), None);
}

#[test]
fn one_of_the_named_contexts_is_enough_and_no_other() {
    let conditions = Conditions::NONE.with_acr(&["mfa", "hwk"]);
    assert!(!conditions.accepts_login(&claims(), Some(NOW)));
    for (acr, enough) in [("mfa", true), ("hwk", true), ("pwd", false), ("mf", false)] {
        let caller = claims().with_acr(acr);
        assert_eq!(
            conditions.accepts_login(&caller, Some(NOW)),
            enough,
            "{acr}"
        );
        assert_eq!(conditions.accepts_login(&caller, None), enough, "{acr}");
    }
}

#[test]
fn a_login_is_too_old_after_its_last_second() {
    let conditions = Conditions::NONE.with_max_age(Duration::from_secs(300));
    let age = |login| conditions.accepts_login(&claims().with_auth_time(login), Some(NOW));
    let at = |seconds: i64| UnixTime::from_seconds(NOW.seconds().saturating_add_signed(seconds));
    assert!(age(NOW) && age(at(-300)));
    assert!(!age(at(-301)));
    // A clock may be 30 seconds fast. A login of tomorrow was not seen by any clock.
    assert!(age(at(30)) && !age(at(31)));
    assert!(!age(UnixTime::from_seconds(0)));
    assert!(
        !conditions.accepts_login(&claims(), Some(NOW)),
        "no auth_time"
    );
}

#[test]
fn time_that_passes_between_gate_and_dispatch_does_not_count() {
    let conditions = Conditions::NONE.with_max_age(Duration::ZERO);
    assert!(conditions.accepts_login(&claims(), None));
    assert!(!conditions.accepts_login(&claims(), Some(NOW)));
}

#[test]
fn conditions_never_make_an_item_public() {
    let table = ScopeTable::new([A]).unwrap();
    let conditions = Conditions::NONE.with_roles(&[&["editor"]]);
    let access = Requirement::Public.resolve_with(conditions, &table);
    assert_eq!(*access.scopes(), ResolvedAccess::Authenticated);
    assert!(!access.allows(table.required()), "conditions were skipped");
}

#[test]
fn without_conditions_the_access_stays_as_it_is() {
    let table = ScopeTable::new([A]).unwrap();
    for requirement in [
        Requirement::Public,
        Requirement::Authenticated,
        Requirement::Scopes(&[&[A]]),
    ] {
        let plain = requirement.resolve(&table);
        assert_eq!(requirement.resolve_with(Conditions::NONE, &table), plain);
    }
    // An item that nobody gets stays one: a condition must not make it visible.
    let conditions = Conditions::NONE.with_acr(&["mfa"]);
    let denied = Requirement::Scopes(&[]).resolve_with(conditions, &table);
    assert!(denied.is_denied());
}
