//! Where a server has a decision point, the rules alone permit nothing that has an effect.

use std::collections::HashSet;

use super::*;

/// Every operation that these rules admit for a caller with all scopes.
fn operations() -> [Operation<'static>; 14] {
    [
        Operation::Initialize,
        Operation::Discover,
        Operation::SetLevel,
        Operation::ListTools,
        Operation::CallTool("ping"),
        Operation::CallTool("list"),
        Operation::CallTool("move"),
        Operation::CallTool("none"),
        Operation::Ping,
        Operation::Notify,
        Operation::Reply,
        Operation::Stream,
        Operation::EndSession,
        Operation::CallTool("whoami"),
    ]
}

#[test]
fn no_permit_exists_of_an_operation_with_an_effect_before_the_decision_point_allows_it() {
    let rules = rules(false).with_decision_point();
    let alice = caller(&rules, "read write");
    for operation in operations() {
        // Messages without an effect of their own, and an item that does not exist.
        let is_passed = matches!(
            operation,
            Operation::Ping
                | Operation::Notify
                | Operation::Reply
                | Operation::Stream
                | Operation::EndSession
                | Operation::CallTool("none")
        );
        match rules.decide(operation, Some(alice.clone())) {
            Decision::Admit(_) => assert!(is_passed, "{operation:?}"),
            Decision::Ask(_) => assert!(!is_passed, "{operation:?}"),
            Decision::Deny(denial, _) => panic!("{operation:?}: {denial:?}"),
        }
    }
    // The rules still deny first.
    let nobody = caller(&rules, "");
    let denied = rules.decide(Operation::CallTool("list"), Some(nobody));
    assert!(matches!(denied, Decision::Deny(..)));
}

#[test]
fn only_an_allow_makes_a_permit_and_its_list_shows_only_what_was_allowed() {
    let rules = rules(false).with_decision_point();
    let alice = caller(&rules, "read write");
    let ask = |operation| match rules.decide(operation, Some(alice.clone())) {
        Decision::Ask(undecided) => undecided,
        other => panic!("{other:?}"),
    };
    let denied = ask(Operation::CallTool("list")).into_permit(Effect::Deny, HashSet::new());
    assert!(denied.is_err());
    let shown = HashSet::from([Target::Tool(1)]);
    let permit = ask(Operation::ListTools)
        .into_permit(Effect::Allow, shown)
        .unwrap();
    assert!(rules.reauthorize(&permit, Operation::ListTools).is_ok());
    assert!(
        rules
            .reauthorize(&permit, Operation::CallTool("list"))
            .is_err()
    );
    assert!(permit.is_decided() && permit.shows(Some(Target::Tool(1))));
    assert!(!permit.shows(Some(Target::Tool(0))) && !permit.shows(None));
}

#[test]
fn a_permit_without_a_decision_point_shows_everything() {
    let rules = rules(false);
    let alice = caller(&rules, "read");
    let Decision::Admit(permit) = rules.decide(Operation::ListTools, Some(alice)) else {
        panic!("nothing is asked");
    };
    assert!(!permit.is_decided() && permit.shows(Some(Target::Tool(0))));
}
