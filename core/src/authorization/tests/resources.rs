//! Spellings of URIs, and items that are switched off.

use super::*;

#[test]
fn no_spelling_of_a_uri_gets_around_the_rule_of_another() {
    let table = ScopeTable::new([READ, WRITE]).unwrap();
    let pattern = |text| UriPattern::parse(text).unwrap();
    let of = |scope: &'static [&'static [Scope]]| Requirement::Scopes(scope).resolve(&table);
    let protected_items = ProtectedItems {
        resources: vec![
            (pattern("files://all"), of(&[&[WRITE]])),
            (pattern("files://two%20words"), of(&[&[WRITE]])),
            (pattern("files://secret/{name}"), of(&[&[WRITE]])),
            (pattern("files://{+path}"), of(&[&[READ]])),
        ],
        ..ProtectedItems::default()
    };
    let rules = Rules::new(table.clone(), protected_items, table.required(), false);
    let reader = caller(&rules, "read");
    let target = |uri| match rules.decide(Operation::ReadResource(uri), Some(reader.clone())) {
        Decision::Admit(permit) => permit.target(),
        Decision::Ask(_) | Decision::Deny(..) => panic!("{uri}"),
    };
    for uri in [
        "files://%61ll",
        "files://al%6C",
        "files://all/",
        "files://all//",
        "files:///all/../all",
        "files://two words",
        "files://two%20word%73",
        "files://secret%2fx",
        "files://%73ecret/x",
        "files://secret//x",
        "files://secret/x/",
        "files://./secret/x",
        "files://a/../secret/x",
        "files://secret\\x",
        "files://secret%5cx",
        "FILES://secret/x",
    ] {
        assert_eq!(target(uri), None, "{uri}");
    }
    for uri in [
        "files://a%20b",
        "files://50%25",
        "files://a//b",
        "files://secret",
    ] {
        assert_eq!(target(uri), Some(Target::Resource(3)), "{uri}");
    }
    let both = caller(&rules, "read write");
    for (uri, number) in [("files://two%20words", 1), ("files://secret/x", 2)] {
        let read = Operation::ReadResource(uri);
        assert!(!rules.allows(read, Some(&reader)), "{uri}");
        let Decision::Admit(permit) = rules.decide(read, Some(both.clone())) else {
            panic!("{uri}");
        };
        assert_eq!(permit.target(), Some(Target::Resource(number)));
    }
}

#[test]
fn what_is_switched_off_is_what_never_was() {
    let table = ScopeTable::new([READ]).unwrap();
    let access = Requirement::Scopes(&[&[READ]]).resolve(&table);
    let pattern = |text| UriPattern::parse(text).unwrap();
    let enabled_items = Arc::new(EnabledItems::new(1, 1, 3));
    let protected_items = ProtectedItems {
        tools: vec![("list".into(), access.clone())],
        prompts: vec![("review".into(), access.clone())],
        resources: vec![
            (pattern("notes://all"), access.clone()),
            (pattern("notes://{id}"), access.clone()),
            // An item that is off must not be read through another item's rule.
            (pattern("notes://{+rest}"), ResolvedAccess::Public),
        ],
        enabled_items: Arc::clone(&enabled_items),
        changes: true,
        ..ProtectedItems::default()
    };
    let rules = Rules::new(table.clone(), protected_items, table.required(), false);
    let reader = caller(&rules, "read");
    for (target, operation) in [
        (Target::Tool(0), Operation::CallTool("list")),
        (Target::Prompt(0), Operation::GetPrompt("review")),
        (Target::Prompt(0), Operation::CompletePrompt("review")),
        (Target::Resource(0), Operation::ReadResource("notes://all")),
        (Target::Resource(0), Operation::Subscribe("notes://all")),
        (Target::Resource(1), Operation::ReadResource("notes://7")),
        (
            Target::Resource(1),
            Operation::CompleteResource("notes://{id}"),
        ),
    ] {
        let Decision::Admit(permit) = rules.decide(operation, Some(reader.clone())) else {
            panic!("not admitted");
        };
        assert!(enabled_items.set(target, false));
        assert!(!enabled_items.set(target, false), "it was off already");
        assert!(!rules.offers(operation), "{operation:?}");
        assert_eq!(
            rules.reauthorize(&permit, operation),
            Err(NotPermittedError)
        );
        let Decision::Admit(unknown) = rules.decide(operation, Some(reader.clone())) else {
            panic!("not admitted to learn that there is no such item");
        };
        assert_eq!(unknown.target(), None, "{operation:?}");
        assert!(enabled_items.set(target, true));
        assert_eq!(rules.reauthorize(&permit, operation), Ok(()));
    }
}
