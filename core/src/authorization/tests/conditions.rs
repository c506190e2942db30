//! Roles and the strength of a login, which only deny what scopes would allow.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use super::*;
use crate::{
    access::Conditions,
    clock::{Clock, SharedClock},
};

const EDITOR: Conditions = Conditions::NONE.with_roles(&[&["editor"]]);
const MFA: Conditions = Conditions::NONE.with_acr(&["mfa"]);
const RECENT: Conditions = Conditions::NONE.with_max_age(Duration::from_secs(300));
const PERSON: Conditions = Conditions::NONE.with_person();
const ALL: Conditions = EDITOR
    .with_acr(&["mfa"])
    .with_max_age(Duration::from_secs(300));

/// A clock that a test moves.
#[derive(Default)]
struct Hand(AtomicU64);

impl Clock for Arc<Hand> {
    fn now(&self) -> UnixTime {
        UnixTime::from_seconds(self.0.load(Ordering::Relaxed))
    }
}

fn guarded() -> (Rules, Arc<Hand>) {
    let table = ScopeTable::new([READ, WRITE]).unwrap();
    let read = Requirement::Scopes(&[&[READ]]);
    let tools = [
        ("list", read, Conditions::NONE),
        ("edit", read, EDITOR),
        ("pay", read, MFA),
        ("drop", read, RECENT),
        ("all", read, ALL),
        ("sign", read, PERSON.with_roles(&[&["editor"]])),
        ("any", Requirement::Authenticated, EDITOR),
        ("public", Requirement::Public, EDITOR),
    ]
    .map(|(name, requirement, conditions)| {
        (
            Box::from(name),
            requirement.resolve_with(conditions, &table),
        )
    });
    let of = |conditions| read.resolve_with(conditions, &table);
    let pattern = |text| UriPattern::parse(text).unwrap();
    let hand = Arc::new(Hand(AtomicU64::new(1_000)));
    let protected_items = ProtectedItems {
        tools: tools.into(),
        prompts: vec![("review".into(), of(EDITOR))],
        resources: vec![
            (pattern("notes://payroll"), of(ALL)),
            (pattern("notes://{id}"), of(Conditions::NONE)),
        ],
        changes: true,
        clock: SharedClock(Arc::new(Arc::clone(&hand))),
        ..ProtectedItems::default()
    };
    let rules = Rules::new(table.clone(), protected_items, ScopeSet::EMPTY, false);
    (rules, hand)
}

fn with(rules: &Rules, scopes: &str, extend: impl FnOnce(Claims) -> Claims) -> Caller {
    let claims = Claims::new("i", UnixTime::from_seconds(9_000))
        .with_subject("s")
        .with_audience("a")
        .with_scopes(scopes);
    TokenPolicy::new(["i"], ["a"])
        .accept(
            VerifiedToken::new(extend(claims), rules.table()),
            UnixTime::from_seconds(1),
        )
        .unwrap()
        .into_caller()
}

fn denial(rules: &Rules, operation: Operation<'_>, caller: &Caller) -> Option<Denial> {
    match rules.decide(operation, Some(caller.clone())) {
        Decision::Admit(_) => None,
        Decision::Deny(denial, _) => Some(denial),
        Decision::Ask(_) => panic!("no decision point has to allow it"),
    }
}

const AT: UnixTime = UnixTime::from_seconds(900);

#[test]
fn scopes_come_first_then_roles_then_the_login() {
    let (rules, _) = guarded();
    let all = Operation::CallTool("all");
    let nobody = with(&rules, "", |claims| claims);
    assert!(matches!(
        denial(&rules, all, &nobody),
        Some(Denial::InsufficientScope { .. })
    ));
    let reader = with(&rules, "read", |claims| claims);
    let needed: &[&str] = &["editor"];
    assert_eq!(
        denial(&rules, all, &reader),
        Some(Denial::MissingRole { needed })
    );
    let editor = with(&rules, "read", |claims| claims.with_role("editor"));
    let Some(Denial::InsufficientAuthentication {
        conditions, needed, ..
    }) = denial(&rules, all, &editor)
    else {
        panic!("not denied");
    };
    assert_eq!((conditions, names(&rules, needed)), (ALL, "read".into()));
    let good = with(&rules, "read", |claims| {
        claims
            .with_role("editor")
            .with_acr("mfa")
            .with_auth_time(AT)
    });
    assert_eq!(denial(&rules, all, &good), None);
}

#[test]
fn a_condition_never_replaces_a_scope_or_a_token() {
    let (rules, _) = guarded();
    let strong = |scopes: &str| {
        with(&rules, scopes, |claims| {
            claims
                .with_role("editor")
                .with_acr("mfa")
                .with_auth_time(AT)
        })
    };
    for tool in ["edit", "pay", "drop", "all"] {
        let call = Operation::CallTool(tool);
        assert!(
            matches!(
                denial(&rules, call, &strong("write")),
                Some(Denial::InsufficientScope { .. })
            ),
            "{tool}"
        );
        assert!(
            matches!(
                rules.decide(call, None),
                Decision::Deny(Denial::NoToken { .. }, _)
            ),
            "{tool}"
        );
        assert_eq!(denial(&rules, call, &strong("read")), None, "{tool}");
    }
    let public = Operation::CallTool("public");
    assert!(!rules.allows(public, None), "a condition was skipped");
    assert!(rules.allows(public, Some(&strong(""))));
}

#[test]
fn conditions_hold_for_every_operation_on_an_item() {
    let (rules, _) = guarded();
    let reader = with(&rules, "read", |claims| claims);
    let secret = ["notes://payroll".to_owned()];
    let both = ["notes://7".to_owned(), "notes://payroll".to_owned()];
    for operation in [
        Operation::GetPrompt("review"),
        Operation::CompletePrompt("review"),
        Operation::ReadResource("notes://payroll"),
        Operation::Subscribe("notes://payroll"),
        Operation::Unsubscribe("notes://payroll"),
        Operation::Listen(&secret),
        Operation::Listen(&both),
        Operation::CallTool("any"),
    ] {
        assert!(
            matches!(
                denial(&rules, operation, &reader),
                Some(Denial::MissingRole { .. })
            ),
            "{operation:?}"
        );
    }
    for operation in [
        Operation::ReadResource("notes://7"),
        Operation::ListTools,
        Operation::ListPrompts,
        Operation::CallTool("list"),
    ] {
        assert_eq!(denial(&rules, operation, &reader), None, "{operation:?}");
    }
}

#[test]
fn a_login_grows_old_at_the_gate_but_not_before_dispatch() {
    let (rules, hand) = guarded();
    let call = Operation::CallTool("drop");
    let caller = with(&rules, "read", |claims| claims.with_auth_time(AT));
    let Decision::Admit(permit) = rules.decide(call, Some(caller.clone())) else {
        panic!("not admitted");
    };
    hand.0.store(1_201, Ordering::Relaxed);
    assert!(rules.reauthorize(&permit, call).is_ok());
    assert!(matches!(
        denial(&rules, call, &caller),
        Some(Denial::InsufficientAuthentication { .. })
    ));
    assert!(!rules.allows(call, Some(&caller)));
}

#[test]
fn dispatch_checks_roles_and_acr_again() {
    let (rules, _) = guarded();
    let editor = with(&rules, "read", |claims| claims.with_role("editor"));
    let Decision::Admit(permit) = rules.decide(Operation::CallTool("edit"), Some(editor)) else {
        panic!("not admitted");
    };
    assert!(
        rules
            .reauthorize(&permit, Operation::CallTool("edit"))
            .is_ok()
    );
    for other in ["pay", "all", "list"] {
        let operation = Operation::CallTool(other);
        assert!(rules.reauthorize(&permit, operation).is_err(), "{other}");
    }
}

#[test]
fn lists_leave_out_what_a_login_cannot_cure() {
    let (rules, _) = guarded();
    let reader = with(&rules, "read", |claims| claims);
    let editor = with(&rules, "read", |claims| claims.with_role("editor"));
    for (tool, to_reader, to_editor) in [
        ("list", true, true),
        ("edit", false, true),
        ("all", false, true),
        ("pay", true, true),
        ("drop", true, true),
        ("any", false, true),
    ] {
        let call = Operation::CallTool(tool);
        assert_eq!(rules.shows(call, Some(&reader)), to_reader, "{tool}");
        assert_eq!(rules.shows(call, Some(&editor)), to_editor, "{tool}");
        assert!(!rules.shows(call, None), "{tool}");
    }
}

#[test]
fn a_person_is_shown_by_the_token_or_the_call_is_denied() {
    let (rules, _) = guarded();
    let sign = Operation::CallTool("sign");
    let program = with(&rules, "read", |claims| claims.with_role("editor"));
    // No role and no login would help a program, so it learns this first.
    assert_eq!(denial(&rules, sign, &program), Some(Denial::NoPerson));
    let nobody = with(&rules, "read", |claims| claims);
    assert_eq!(denial(&rules, sign, &nobody), Some(Denial::NoPerson));
    assert!(!rules.shows(sign, Some(&program)));
    let person = |claims: Claims| claims.with_role("editor").with_person();
    let alice = with(&rules, "read", person);
    assert_eq!(denial(&rules, sign, &alice), None);
    assert!(rules.shows(sign, Some(&alice)));
    // RFC 9700 section 4.15: a client that is named like a user.
    let client = with(&rules, "read", |claims| person(claims).with_client_id("s"));
    assert_eq!(denial(&rules, sign, &client), Some(Denial::NoPerson));
    let lacking = with(&rules, "read", Claims::with_person);
    assert!(matches!(
        denial(&rules, sign, &lacking),
        Some(Denial::MissingRole { .. })
    ));
    let without_scope = with(&rules, "", |claims| claims);
    assert!(matches!(
        denial(&rules, sign, &without_scope),
        Some(Denial::InsufficientScope { .. })
    ));
    let Decision::Deny(Denial::NoToken { .. }, None) = rules.decide(sign, None) else {
        panic!("a stranger is not asked for a token");
    };
}

#[test]
fn dispatch_checks_the_person_again() {
    let (rules, _) = guarded();
    let sign = Operation::CallTool("sign");
    let alice = with(&rules, "read", |claims| {
        claims.with_role("editor").with_person()
    });
    let Decision::Admit(permit) = rules.decide(sign, Some(alice)) else {
        panic!("denied");
    };
    assert!(rules.reauthorize(&permit, sign).is_ok());
}
