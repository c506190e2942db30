//! The guide in `docs/`: its links, its commands, its settings, and the tables that describe the
//! sources.

mod commands;
mod links;
mod log_lines;
mod page;
mod settings;
mod snippets;

use std::collections::BTreeSet;

use page::{Page, root};

/// Words that say nothing, that belong to a machine, or that the project does not use.
const FORBIDDEN: &[&str] = &[
    "simply",
    "just",
    "easily",
    "easy",
    "obviously",
    "basically",
    "actually",
    "seamless",
    "seamlessly",
    "robust",
    "leverage",
    "utilize",
    "blazing",
    "powerful",
    "please",
    "whom",
    "todo!",
    "fixme",
    "tbd",
    "/work/",
    "/tmp/w-",
    "/root/",
];

#[test]
fn every_page_is_in_the_summary_and_the_summary_has_no_other() {
    let summary = Page::read("SUMMARY.md");
    let listed: BTreeSet<_> = links::targets(&summary.text).map(str::to_owned).collect();
    let pages: BTreeSet<_> = Page::all().into_iter().map(|page| page.name).collect();
    assert_eq!(listed, pages);
    assert!(pages.len() > 30, "only {} pages", pages.len());
}

#[test]
fn no_page_has_a_forbidden_word() {
    for page in Page::all().iter().filter(|page| !page.is_included) {
        let text = page.prose().to_lowercase();
        let words: BTreeSet<_> = text
            .split(|char: char| !char.is_alphanumeric() && char != '!')
            .collect();
        for word in FORBIDDEN {
            let is_there = match word.contains('/') {
                true => page.text.contains(word),
                false => words.contains(word),
            };
            assert!(!is_there, "{} has the word {word:?}", page.name);
        }
    }
}

#[test]
fn every_path_in_code_font_exists() {
    let folders = [
        ".ci/",
        ".github/",
        "benches/",
        "cli/",
        "docs/",
        "examples/",
        "fuzz/",
        "interop/",
        "runtime/",
        "testing/",
        "tests/",
        "xtask/",
    ];
    let mut count = 0;
    for page in Page::all() {
        let prose = page.prose();
        let quoted = prose.split('`').skip(1).step_by(2);
        for path in quoted.filter(|text| folders.iter().any(|folder| text.starts_with(folder))) {
            if path.contains([' ', '*', '<']) {
                continue;
            }
            assert!(root().join(path).exists(), "{} names {path}", page.name);
            count += 1;
        }
    }
    assert!(count > 40, "only {count} paths are named");
}
