//! The items that a server offers decide which operations have a rule.

use super::*;

fn offering(resource: Option<&'static str>, prompt: bool, changes: bool) -> Rules {
    let table = ScopeTable::new([READ, WRITE]).unwrap();
    let access = || Requirement::Scopes(&[&[READ]]).resolve(&table);
    let prompts = prompt.then(|| ("review".into(), access()));
    let resources = resource.map(|text| (UriPattern::parse(text).unwrap(), access()));
    let protected_items = ProtectedItems {
        tools: vec![("list".into(), access())],
        prompts: prompts.into_iter().collect(),
        resources: resources.into_iter().collect(),
        changes,
        ..ProtectedItems::default()
    };
    let baseline = table.one("read").unwrap();
    Rules::new(table.clone(), protected_items, baseline, false)
}

fn has_rule(rules: &Rules, operation: Operation<'_>) -> bool {
    rules.allows(operation, Some(&caller(rules, "read")))
}

#[test]
fn one_resource_of_either_kind_gives_resources_their_rules() {
    for resource in ["notes://all", "notes://{id}"] {
        for changes in [true, false] {
            let rules = offering(Some(resource), false, changes);
            for (operation, expected) in [
                (Operation::ListResources, true),
                (Operation::ListResourceTemplates, true),
                (Operation::ReadResource("notes://all"), true),
                (Operation::Subscribe("notes://all"), changes),
                (Operation::Unsubscribe("notes://all"), changes),
                (Operation::Listen(&[]), changes),
                (Operation::ListPrompts, false),
                (Operation::GetPrompt("review"), false),
            ] {
                assert_eq!(
                    has_rule(&rules, operation),
                    expected,
                    "{resource} {changes} {operation:?}"
                );
            }
        }
    }
}

#[test]
fn changes_without_resources_are_no_subscriptions() {
    let rules = offering(None, true, true);
    for (operation, expected) in [
        (Operation::ListPrompts, true),
        (Operation::GetPrompt("review"), true),
        (Operation::Listen(&[]), true),
        (Operation::ListResources, false),
        (Operation::Subscribe("notes://all"), false),
        (Operation::Unsubscribe("notes://all"), false),
    ] {
        assert_eq!(has_rule(&rules, operation), expected, "{operation:?}");
    }
}

#[test]
fn the_needed_scopes_are_those_of_the_offered_items() {
    let rules = offering(Some("notes://all"), false, false);
    let (call, other) = (Operation::CallTool("list"), Operation::CallTool("none"));
    assert!(rules.offers(call) && !rules.offers(other));
    assert_eq!(names(&rules, rules.needed(call, ScopeSet::EMPTY)), "read");
    assert_eq!(names(&rules, rules.needed(other, ScopeSet::EMPTY)), "");
    let Decision::Admit(permit) = rules.decide(call, Some(caller(&rules, "read"))) else {
        panic!("not admitted");
    };
    assert_eq!(permit.target(), Some(Target::Tool(0)));
}
