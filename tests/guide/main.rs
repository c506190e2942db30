//! The guide in `docs/`: its links, its commands, its settings, and the tables that describe the
//! sources.

mod commands;
mod links;
mod log_lines;
mod page;
mod settings;
mod snippets;
mod walks;

use std::{collections::BTreeSet, env, path::Path};

use page::{Page, root};

/// Words that say nothing, or that the project does not use.
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
];

/// Returns the folders of the machine that runs the tests, which no page may name: those of its
/// checkouts, of temporary files and of the user.
fn folders_of_this_machine() -> Vec<String> {
    let checkout = root().canonicalize().expect("the repository is a folder");
    let folders = [
        checkout.parent().map(Path::to_owned),
        Some(env::temp_dir()),
        env::home_dir(),
    ];
    // The root of the file system is a part of every path.
    let own = folders
        .into_iter()
        .flatten()
        .filter(|folder| folder.is_absolute() && folder.parent().is_some());
    // With a separator at the end, so that `/tmp` is not found in `/tmpfiles`.
    own.map(|folder| folder.join("").display().to_string())
        .collect()
}

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
            assert!(!words.contains(word), "{} has the word {word:?}", page.name);
        }
    }
}

#[test]
fn no_page_names_a_folder_of_this_machine() {
    let folders = folders_of_this_machine();
    assert!(!folders.is_empty());
    for page in Page::all() {
        for folder in &folders {
            assert!(!page.text.contains(folder), "{} names {folder}", page.name);
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
