//! The Rust snippets: a package compiles all of them.

use std::fs;

use crate::page::{Page, root};

#[test]
fn every_page_with_rust_is_compiled() {
    let lists = ["docs/snippets/src/lib.rs", "runtime/src/guide.rs"];
    let lists = lists.map(|path| fs::read_to_string(root().join(path)).expect(path));
    let mut count = 0;
    for page in Page::all() {
        let blocks = page.blocks();
        let rust = blocks
            .iter()
            .filter(|block| block.language.starts_with("rust"));
        for block in rust.clone() {
            let why = match block.language {
                "rust" => continue,
                // A program that serves does not end.
                "rust,no_run" => block.text.contains("fn main()"),
                "rust,ignore" => block.before.contains("not compiled"),
                _ => false,
            };
            assert!(
                why,
                "{}: {} without a reason beside it",
                page.name, block.language
            );
        }
        if rust.count() > 0 {
            let ours = format!("(\"../../src/{}\")", page.name);
            let theirs = format!("(\"../guide/{}\")", page.name);
            assert!(
                lists[0].contains(&ours) || lists[1].contains(&theirs),
                "{} is in no list of snippets",
                page.name
            );
            count += 1;
        }
    }
    assert!(count > 12, "only {count} pages have snippets");
    assert!(lists[0].contains("(\"../../../README.md\")"));
}
