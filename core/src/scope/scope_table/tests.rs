use super::*;

const READ: Scope = Scope::new("todo:read");
const WRITE: Scope = Scope::new("todo:write");
const ADMIN: Scope = Scope::new("todo:admin");
const ROOT: Scope = Scope::new("root");

fn numbered(count: usize) -> Vec<Scope> {
    (0..count)
        .map(|number| Scope::new(format!("scope:{number:03}").leak()))
        .collect()
}

fn hierarchy() -> ScopeTable {
    let implications = [(ADMIN, vec![READ, WRITE]), (ROOT, vec![ADMIN])];
    ScopeTable::with_hierarchy([READ, WRITE], &implications).unwrap()
}

fn names(table: &ScopeTable, set: ScopeSet) -> String {
    table.names(set).collect::<Vec<_>>().join(" ")
}

#[test]
fn names_are_sorted_and_each_is_there_once() {
    let table = ScopeTable::new([WRITE, READ, WRITE]).unwrap();
    assert_eq!(names(&table, table.required()), "todo:read todo:write");
}

#[test]
fn an_unknown_scope_counts_for_nothing() {
    let table = ScopeTable::new([READ]).unwrap();
    assert_eq!(
        table.granted(["b", "TODO:READ", "todo:read "]),
        ScopeSet::EMPTY
    );
    assert_eq!(table.granted(["b", "todo:read"]), table.required());
}

#[test]
fn the_last_of_128_scopes_has_its_own_bit() {
    let table = ScopeTable::new(numbered(128)).unwrap();
    let last = table.one("scope:127").unwrap();
    assert_eq!(names(&table, last), "scope:127");
    assert_eq!(table.required().len(), 128);
    assert_eq!(table.granted(["scope:127"]), last);
    assert!(!table.required().minus(last).contains(last));
}

#[test]
fn one_scope_too_many_is_an_error_that_counts_them() {
    let error = ScopeTable::new(numbered(129)).unwrap_err();
    assert!(error.to_string().contains("129"), "{error}");
}

#[test]
fn who_holds_more_has_what_it_implies_at_any_distance() {
    let table = hierarchy();
    assert_eq!(
        names(&table, table.granted(["todo:admin"])),
        "todo:admin todo:read todo:write"
    );
    assert_eq!(
        names(&table, table.granted(["root"])),
        "root todo:admin todo:read todo:write"
    );
    assert_eq!(names(&table, table.granted(["todo:write"])), "todo:write");
}

#[test]
fn an_implication_goes_one_way_and_is_never_taken_for_held() {
    let table = hierarchy();
    assert!(
        !table
            .granted(["todo:read", "todo:write"])
            .contains(table.one("todo:admin").unwrap())
    );
    assert_eq!(names(&table, table.held(["root"])), "root");
    assert_eq!(names(&table, table.required()), "todo:read todo:write");
}

#[test]
fn a_circle_does_no_harm() {
    let circle = [(READ, vec![WRITE]), (WRITE, vec![READ])];
    let table = ScopeTable::with_hierarchy([READ, WRITE], &circle).unwrap();
    assert_eq!(table.granted(["todo:read"]), table.required());
}

#[test]
fn a_pattern_counts_only_where_patterns_are_switched_on() {
    let without = hierarchy();
    assert_eq!(without.granted(["todo:*"]), ScopeSet::EMPTY);
    let with = hierarchy().with_patterns();
    assert_eq!(
        names(&with, with.granted(["todo:*"])),
        "todo:admin todo:read todo:write"
    );
    assert_eq!(names(&with, with.granted(["todo:r*"])), "todo:read");
    for none in ["*", "todo:*read", "tod*o", "other:*", "todo:read*x"] {
        assert_eq!(with.granted([none]), ScopeSet::EMPTY, "{none}");
    }
}
