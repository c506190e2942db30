use std::sync::Arc;

use super::*;
use crate::{
    access::Requirement,
    caller::{TokenPolicy, VerifiedToken},
    claims::Claims,
    clock::UnixTime,
    scope::{Scope, ScopeTable},
    uri_pattern::UriPattern,
};

mod conditions;
mod offered;
mod resources;
mod undecided;

const READ: Scope = Scope::new("read");
const WRITE: Scope = Scope::new("write");

fn rules(open: bool) -> Rules {
    let table = ScopeTable::new([READ, WRITE]).unwrap();
    let tools = [
        ("ping", Requirement::Public),
        ("whoami", Requirement::Authenticated),
        ("list", Requirement::Scopes(&[&[READ]])),
        ("move", Requirement::Scopes(&[&[READ, WRITE]])),
        ("either", Requirement::Scopes(&[&[WRITE], &[READ]])),
    ]
    .map(|(name, requirement)| (Box::from(name), requirement.resolve(&table)));
    let baseline = table.one("read").unwrap();
    let protected_items = ProtectedItems {
        tools: tools.into(),
        ..ProtectedItems::default()
    };
    Rules::new(table, protected_items, baseline, open)
}

fn caller(rules: &Rules, scopes: &str) -> Caller {
    let claims = Claims::new("i", UnixTime::from_seconds(9))
        .with_subject("s")
        .with_audience("a")
        .with_scopes(scopes);
    TokenPolicy::new(["i"], ["a"])
        .accept(
            VerifiedToken::new(claims, rules.table()),
            UnixTime::from_seconds(1),
        )
        .unwrap()
        .into_caller()
}

fn names(rules: &Rules, set: ScopeSet) -> String {
    rules.table().names(set).collect::<Vec<_>>().join(" ")
}

#[test]
fn without_a_token_only_what_is_public_runs() {
    let rules = rules(false);
    for (tool, challenge_scopes) in [
        ("whoami", "read"),
        ("list", "read"),
        ("move", "read write"),
        ("none", "read"),
    ] {
        let Decision::Deny(
            Denial::NoToken {
                challenge_scopes: set,
            },
            _,
        ) = rules.decide(Operation::CallTool(tool), None)
        else {
            panic!("{tool} was not denied for a missing token");
        };
        assert_eq!(names(&rules, set), challenge_scopes, "{tool}");
    }
    assert!(matches!(
        rules.decide(Operation::CallTool("ping"), None),
        Decision::Admit(_)
    ));
}

#[test]
fn a_token_without_scopes_passes_no_requirement() {
    let rules = rules(false);
    let nobody = caller(&rules, "");
    for tool in ["list", "move", "either"] {
        let decision = rules.decide(Operation::CallTool(tool), Some(nobody.clone()));
        assert!(
            matches!(
                decision,
                Decision::Deny(Denial::InsufficientScope { .. }, _)
            ),
            "{tool}"
        );
    }
}

#[test]
fn a_tool_that_nobody_gets_is_as_if_it_were_not_there() {
    let table = ScopeTable::new([READ]).unwrap();
    // One alternative requires a scope that no token can hold here, the other is empty.
    let never = Requirement::Scopes(&[&[WRITE], &[]]).resolve(&table);
    let protected_items = ProtectedItems {
        tools: [(Box::from("never"), never)].into(),
        ..ProtectedItems::default()
    };
    let baseline = table.one("read").unwrap();
    let rules = Rules::new(table, protected_items, baseline, false);
    let somebody = caller(&rules, "read write");
    for tool in ["never", "none"] {
        let decision = rules.decide(Operation::CallTool(tool), Some(somebody.clone()));
        assert!(
            matches!(&decision, Decision::Admit(permit) if permit.target().is_none()),
            "{tool}: {decision:?}"
        );
    }
}

#[test]
fn a_denial_names_all_that_is_needed_and_not_only_what_is_missing() {
    let rules = rules(false);
    let reader = caller(&rules, "read");
    let Decision::Deny(
        Denial::InsufficientScope {
            needed,
            missing,
            held,
        },
        _,
    ) = rules.decide(Operation::CallTool("move"), Some(reader.clone()))
    else {
        panic!("not denied");
    };
    assert_eq!(names(&rules, needed), "read write");
    assert_eq!(names(&rules, missing), "write");
    assert_eq!(names(&rules, held), "read");
}

#[test]
fn the_handshake_is_open_only_if_the_server_is() {
    for operation in [
        Operation::Initialize,
        Operation::Discover,
        Operation::Ping,
        Operation::ListTools,
        Operation::Notify,
        Operation::Reply,
        Operation::Stream,
        Operation::EndSession,
    ] {
        assert!(
            matches!(rules(true).decide(operation, None), Decision::Admit(_)),
            "{operation:?}"
        );
        assert!(
            matches!(
                rules(false).decide(operation, None),
                Decision::Deny(Denial::NoToken { .. }, _)
            ),
            "{operation:?}"
        );
    }
}

#[test]
fn what_has_no_rule_is_refused_to_everybody() {
    for open in [true, false] {
        let rules = rules(open);
        let operation = Operation::Unruled("resources/read");
        assert!(matches!(
            rules.decide(operation, None),
            Decision::Deny(Denial::NoToken { .. }, _)
        ));
        let decision = rules.decide(operation, Some(caller(&rules, "read write")));
        assert!(matches!(decision, Decision::Deny(Denial::Unruled, _)));
    }
}

#[test]
fn an_admission_is_good_for_the_one_operation_that_was_validated() {
    let rules = rules(false);
    let all = caller(&rules, "read write");
    let Decision::Admit(permit) = rules.decide(Operation::CallTool("list"), Some(all.clone()))
    else {
        panic!("not admitted");
    };
    assert_eq!(
        rules.reauthorize(&permit, Operation::CallTool("list")),
        Ok(())
    );
    for other in [
        Operation::CallTool("move"),
        Operation::CallTool("ping"),
        Operation::CallTool("none"),
        Operation::ListTools,
        Operation::Unruled("tools/call"),
    ] {
        assert_eq!(
            rules.reauthorize(&permit, other),
            Err(NotPermittedError),
            "{other:?}"
        );
    }
}

#[test]
fn two_tools_that_nobody_registered_are_no_tool() {
    let rules = rules(false);
    let all = caller(&rules, "read write");
    let Decision::Admit(permit) = rules.decide(Operation::CallTool("x"), Some(all.clone())) else {
        panic!("not admitted to learn that there is no such tool");
    };
    assert_eq!(permit.target(), None);
}

#[test]
fn where_nothing_is_protected_nobody_is_sent_to_log_in() {
    let tools = [(Box::from("ping"), ResolvedAccess::Public)];
    let protected_items = ProtectedItems {
        tools: tools.into(),
        ..ProtectedItems::default()
    };
    let rules = Rules::new(
        ScopeTable::default(),
        protected_items,
        ScopeSet::EMPTY,
        true,
    );
    assert!(matches!(
        rules.decide(Operation::CallTool("none"), None),
        Decision::Admit(_)
    ));
    assert!(matches!(
        rules.decide(Operation::Unruled("x"), None),
        Decision::Deny(Denial::Unruled, _)
    ));
}

fn with_resources() -> Rules {
    let table = ScopeTable::new([READ, WRITE]).unwrap();
    let pattern = |text| UriPattern::parse(text).unwrap();
    let of = |scope: &'static [&'static [Scope]]| Requirement::Scopes(scope).resolve(&table);
    let protected_items = ProtectedItems {
        tools: Vec::new(),
        prompts: vec![("review".into(), of(&[&[READ]]))],
        resources: vec![
            (pattern("notes://secret"), of(&[&[WRITE]])),
            (pattern("notes://{id}"), of(&[&[READ]])),
        ],
        changes: true,
        ..ProtectedItems::default()
    };
    let baseline = table.one("read").unwrap();
    Rules::new(table.clone(), protected_items, baseline, false)
}

#[test]
fn a_resource_that_is_written_out_comes_before_a_template() {
    let rules = with_resources();
    let reader = caller(&rules, "read");
    for (operation, admitted) in [
        (Operation::ReadResource("notes://7"), true),
        (Operation::ReadResource("notes://secret"), false),
        (Operation::Subscribe("notes://secret"), false),
        (Operation::Unsubscribe("notes://secret"), false),
        (Operation::CompleteResource("notes://{id}"), true),
        (Operation::GetPrompt("review"), true),
        (Operation::CompletePrompt("review"), true),
    ] {
        assert_eq!(
            rules.allows(operation, Some(&reader)),
            admitted,
            "{operation:?}"
        );
        assert!(
            !rules.allows(operation, Some(&caller(&rules, ""))),
            "{operation:?}"
        );
        assert!(!rules.allows(operation, None), "{operation:?}");
    }
}

#[test]
fn who_listens_must_be_admitted_to_each_resource() {
    let rules = with_resources();
    let uris = ["notes://7".to_owned(), "notes://secret".to_owned()];
    let reader = caller(&rules, "read");
    assert!(rules.allows(Operation::Listen(&uris[..1]), Some(&reader)));
    let Decision::Deny(
        Denial::InsufficientScope {
            needed, missing, ..
        },
        _,
    ) = rules.decide(Operation::Listen(&uris), Some(reader.clone()))
    else {
        panic!("not denied");
    };
    assert_eq!(names(&rules, needed), "read write");
    assert_eq!(names(&rules, missing), "write");
    assert!(!rules.allows(Operation::Listen(&[]), None));
}

#[test]
fn an_admission_to_one_resource_is_none_to_another() {
    let rules = with_resources();
    let all = caller(&rules, "read write");
    let Decision::Admit(permit) =
        rules.decide(Operation::ReadResource("notes://7"), Some(all.clone()))
    else {
        panic!("not admitted");
    };
    assert_eq!(
        rules.reauthorize(&permit, Operation::ReadResource("notes://8")),
        Ok(())
    );
    assert!(
        rules
            .reauthorize(&permit, Operation::ReadResource("notes://secret"))
            .is_err()
    );
    assert!(
        rules
            .reauthorize(&permit, Operation::Subscribe("notes://7"))
            .is_err()
    );
}

#[test]
fn what_a_server_does_not_offer_has_no_rule() {
    let rules = rules(false);
    let all = caller(&rules, "read write");
    for operation in [
        Operation::ListPrompts,
        Operation::GetPrompt("a"),
        Operation::CompletePrompt("a"),
        Operation::ListResources,
        Operation::ListResourceTemplates,
        Operation::ReadResource("a://b"),
        Operation::Subscribe("a://b"),
        Operation::Unsubscribe("a://b"),
        Operation::CompleteResource("a://{b}"),
        Operation::Listen(&[]),
    ] {
        let decision = rules.decide(operation, Some(all.clone()));
        assert!(
            matches!(decision, Decision::Deny(Denial::Unruled, _)),
            "{operation:?}"
        );
    }
}

#[test]
fn an_admission_is_good_under_the_rules_that_made_it_alone() {
    let (ours, others) = (rules(false), rules(false));
    // The bits of one table are not valid in the other, even if they look the same.
    let reader = caller(&others, "read write");
    for operation in [Operation::CallTool("list"), Operation::ListTools] {
        let Decision::Admit(permit) = others.decide(operation, Some(reader.clone())) else {
            panic!("{operation:?} was denied");
        };
        assert_eq!(others.reauthorize(&permit, operation), Ok(()));
        assert_eq!(ours.reauthorize(&permit, operation), Err(NotPermittedError));
    }
}
