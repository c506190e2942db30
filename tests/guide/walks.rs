//! The steps that the pages mark for `cargo xtask prove walks`.

use support::walk::{Kind, WALKS, steps_of_page};

use super::page::root;

#[test]
fn each_walk_begins_with_the_installation_and_starts_a_server() {
    for walk in &WALKS {
        let steps = walk.steps(root());
        let kinds: Vec<_> = steps.iter().map(|step| &step.kind).collect();
        assert!(steps.len() > 2, "{}: {kinds:?}", walk.name);
        assert!(steps[0].text.starts_with("$ cargo install"), "{kinds:?}");
        let serves = |kind: &&&Kind| matches!(kind, Kind::Serve(_));
        assert!(kinds.iter().any(|kind| serves(&kind)), "{kinds:?}");
    }
}

#[test]
fn each_step_of_a_page_belongs_to_a_walk_that_reads_the_page() {
    for page in WALKS.iter().flat_map(|walk| walk.pages) {
        for step in steps_of_page(root(), page) {
            for name in &step.walks {
                let walk = WALKS.iter().find(|walk| walk.name == name);
                assert!(
                    walk.is_some_and(|walk| walk.pages.contains(page)),
                    "{page}: {name}"
                );
            }
        }
    }
}
