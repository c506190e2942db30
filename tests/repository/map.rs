//! The map in ARCHITECTURE.md names every folder with sources, and no other.

use std::{collections::BTreeSet, fs, path::Path};

use super::root;

/// Folders whose files are inputs of tests, not sources to read.
const INPUTS: &[&str] = &["tests/ui", "target", "fuzz/target", ".git"];

/// The folders below this one that hold Rust sources, relative to the root.
fn folders(base: &Path) -> BTreeSet<String> {
    let (mut found, mut open) = (BTreeSet::new(), vec![base.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).expect("the folder can be read") {
            let path = entry.expect("an entry of it as well").path();
            let name = |path: &Path| {
                let name = path.strip_prefix(base).expect("it is below the root");
                name.display().to_string().replace('\\', "/")
            };
            if path.is_dir() {
                // A folder of unit tests belongs to the file that it tests.
                let is_tests = path.ends_with("tests") && name(&path).contains("/src/");
                if !is_tests && !INPUTS.contains(&name(&path).as_str()) {
                    open.push(path);
                }
            } else if path.extension().is_some_and(|kind| kind == "rs")
                && !path.ends_with("tests.rs")
            {
                found.insert(name(&folder));
            }
        }
    }
    found
}

/// The folders of the table below the heading "Map": the first column, in backticks.
fn mapped(text: &str) -> BTreeSet<String> {
    let section = text
        .split("\n## ")
        .find(|section| section.starts_with("Map\n"));
    let lines = section.expect("there is a section \"Map\"").lines();
    let first = |line: &str| Some(line.strip_prefix("| `")?.split_once('`')?.0.to_owned());
    lines.filter_map(first).collect()
}

#[test]
fn the_map_of_folders_is_the_tree_of_folders() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("it is there");
    let (mapped, found) = (mapped(&text), folders(&root()));
    let missing: Vec<_> = found.difference(&mapped).collect();
    let stale: Vec<_> = mapped.difference(&found).collect();
    assert!(
        missing.is_empty() && stale.is_empty(),
        "missing: {missing:#?}\nstale: {stale:#?}"
    );
}

#[test]
fn a_folder_that_the_map_lacks_or_invents_is_found() {
    let text = "# A\n\n## Map\n\n| folder | holds |\n|---|---|\n| `a/src` | x |\n| `b` | y |\n\n## Next\n\n| `c` | z |\n";
    assert_eq!(
        mapped(text),
        BTreeSet::from(["a/src".to_owned(), "b".to_owned()])
    );
    assert!(folders(&root()).contains("runtime/src/gate"));
    assert!(!folders(&root()).contains("runtime/src/nowhere"));
}
