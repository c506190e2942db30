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

/// Returns the files that a text names: `a/b.rs`, and each of `a/{b,c}.rs`.
fn named_files(text: &str) -> BTreeSet<String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "_./{},-".contains(c);
    let words = text.split(|c| !is_part(c));
    let names = words.map(|word| word.trim_matches(|c| ".,".contains(c)));
    let files = names.filter(|name| {
        let kind = Path::new(name).extension().and_then(|kind| kind.to_str());
        matches!(kind, Some("rs" | "md" | "txt" | "stderr" | "toml"))
    });
    let each = files.flat_map(|file| {
        let parts = file.split_once('{').and_then(|(before, rest)| {
            let (choices, after) = rest.split_once('}')?;
            let choice = |choice| format!("{before}{choice}{after}");
            Some(choices.split(',').map(choice).collect())
        });
        parts.unwrap_or_else(|| vec![file.to_owned()])
    });
    each.collect()
}

/// Every file below this folder, relative to it.
fn files(base: &Path) -> Vec<String> {
    let (mut found, mut open) = (Vec::new(), vec![base.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).expect("the folder can be read") {
            let path = entry.expect("an entry of it as well").path();
            let is_generated = ["target", ".git", "node_modules", "corpus"]
                .iter()
                .any(|name| path.ends_with(name));
            match path.is_dir() {
                true if is_generated => {}
                true => open.push(path),
                false => {
                    let name = path.strip_prefix(base).expect("it is below the root");
                    found.push(format!("/{}", name.display()).replace('\\', "/"));
                }
            }
        }
    }
    found
}

#[test]
fn each_file_that_the_architecture_names_exists() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("it is there");
    let (named, files) = (named_files(&text), files(&root()));
    let exists = |name: &&String| files.iter().any(|file| file.ends_with(&format!("/{name}")));
    let stale: Vec<_> = named.iter().filter(|name| !exists(name)).collect();
    assert!(stale.is_empty(), "{stale:#?}");
    assert!(named.len() > 100, "only {} files", named.len());
}

#[test]
fn the_files_in_a_text_are_found() {
    let named = named_files("In `a/{b,c}.rs`, d.md: see <br>gate/e.rs\", and 2.0 or `f.service`.");
    let expected = ["a/b.rs", "a/c.rs", "d.md", "gate/e.rs"];
    assert_eq!(named, BTreeSet::from(expected.map(str::to_owned)));
}
