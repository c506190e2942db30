//! Runs what README.md and the pages of the guide show, so that they stay correct.

mod document;
mod shell;
mod transcript;

use std::{collections::BTreeSet, fs, path::Path};

use document::{blocks, quoted, rows, section};

const README: &str = include_str!("../../../../README.md");
const FIRST_SERVER: &str = include_str!("../../../../docs/src/first-server.md");
const TESTING: &str = include_str!("../../../../docs/src/testing.md");
const RMCP: &str = include_str!("../../../../docs/src/migrating/rmcp.md");
const SECURITY: &str = include_str!("../../../../docs/src/security.md");
const CONFIGURATION: &str = include_str!("../../../../docs/src/configuration.md");
const HELLO: &str = include_str!("../../src/bin/hello.rs");
const SERVER: &str = include_str!("../../src/main.rs");
const ACCESS_TESTS: &str = include_str!("../../../todo/src/access_tests.rs");
const ADOPTED: &str = include_str!("../../../adopt/src/main.rs");
const MANIFEST: &str = include_str!("../../Cargo.toml");

/// Returns the root folder of the repository.
fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

#[test]
fn the_servers_that_are_shown_are_those_that_run_and_are_short() {
    let lines = |server: &str| server.lines().filter(|line| !line.is_empty()).count();
    for (document, server, most) in [(README, HELLO, 12), (FIRST_SERVER, SERVER, 30)] {
        let shown: Vec<_> = blocks(document, "rust,no_run").collect();
        assert_eq!(shown, [server]);
        assert!(lines(server) <= most, "{server}");
    }
}

#[test]
fn the_test_that_is_shown_is_one_of_the_example() {
    let shown: Vec<_> = blocks(TESTING, "rust,ignore").collect();
    let [shown] = shown[..] else {
        panic!("one test is shown: {shown:?}");
    };
    assert!(ACCESS_TESTS.contains(shown), "{shown}");
}

#[test]
fn the_change_that_is_shown_is_the_one_that_was_made() {
    let shown: Vec<_> = blocks(RMCP, "diff").collect();
    let [shown] = shown[..] else {
        panic!("one change is shown: {shown:?}");
    };
    let is_removed = |line: &&str| line.starts_with('-');
    let (removed, kept): (Vec<_>, Vec<_>) = shown.lines().partition(is_removed);
    let after: Vec<_> = kept.iter().map(|line| &line[1..]).collect();
    assert!(ADOPTED.contains(&after.join("\n")), "{shown}");
    for line in removed {
        assert!(!ADOPTED.contains(line[1..].trim()), "{line}");
    }
}

/// The guide has `path = "…"` or `version = "…"` instead of `workspace = true`; the features are
/// the same.
#[test]
fn the_dependencies_that_are_shown_are_those_of_that_server() {
    let dependencies = |text: &str| -> Vec<(String, String)> {
        let (_, rest) = text.split_once("[dependencies]\n").expect("dependencies");
        let lines = rest.lines().take_while(|line| !line.is_empty());
        lines
            .filter_map(|line| line.split_once(" = { "))
            .map(|(name, value)| {
                let (_, features) = value.split_once("features").expect("features");
                (name.to_owned(), features.to_owned())
            })
            .collect()
    };
    let shown: Vec<_> = blocks(FIRST_SERVER, "toml").collect();
    let [shown] = shown[..] else {
        panic!("one manifest is shown: {shown:?}");
    };
    let real = dependencies(MANIFEST);
    assert_eq!(real.len(), 2);
    assert_eq!(dependencies(shown), real);
}

#[test]
fn every_test_of_the_table_exists() {
    let mut count = 0;
    for row in rows(section(SECURITY, "## What is checked")) {
        let tests = row.last().expect("a cell");
        let mut text = String::new();
        for item in quoted(tests) {
            if item.contains('/') {
                text = fs::read_to_string(root().join(item)).expect(item);
                continue;
            }
            let function = format!("fn {item}() {{");
            let before = text.split(&function).next().expect("a part");
            assert!(before.len() < text.len(), "{item} is not there: {tests}");
            // The function must be a test.
            let mut above = before.lines().rev().take(3);
            let marks = ["#[test]", "#[tokio::test"];
            assert!(
                above.any(|line| marks.iter().any(|mark| line.trim().starts_with(mark))),
                "{item} is not a test"
            );
            count += 1;
        }
    }
    assert!(count > 15, "only {count} tests are named");
}

#[test]
fn every_variable_is_in_the_table() {
    let folder = root().join("config/src/config");
    let files = fs::read_dir(folder).expect("the sources of the configuration");
    let files = files.map(|file| file.expect("a file").path());
    // `unknown_variables.rs` has names that are misspelt.
    let others = ["tests.rs", "unknown_variables.rs"];
    let sources =
        files.filter(|file| file.is_file() && !others.iter().any(|other| file.ends_with(other)));
    let text: String = sources
        .map(|file| fs::read_to_string(file).expect("source is text"))
        // The tests in a source file have names that nobody sets.
        .map(
            |source| match source.split_once("#[cfg(test)]\nmod tests {") {
                Some((source, _)) => source.to_owned(),
                None => source,
            },
        )
        .collect();
    let is_name = |text: &&str| {
        let name = text.strip_prefix("TOOLGATE_").unwrap_or_default();
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte == b'_')
    };
    let mut read: Vec<_> = text.split('"').filter(is_name).collect();
    let table: Vec<_> = rows(section(CONFIGURATION, "# Configuration"));
    let mut told: Vec<_> = table.iter().flat_map(|row| quoted(row[0])).collect();
    read.sort_unstable();
    read.dedup();
    told.sort_unstable();
    assert_eq!(told, read);
}

/// Returns the names of the workspace's packages.
fn packages() -> BTreeSet<String> {
    let manifest = |folder: &Path| {
        let path = folder.join("Cargo.toml");
        fs::read_to_string(&path).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()))
    };
    let workspace = manifest(root());
    let members = workspace.split_once("members = [").expect("members").1;
    let members = members.split(']').next().expect("an end");
    let name = |member: &str| {
        let text = manifest(&root().join(member));
        let name = text.split("name = \"").nth(1).expect("a name");
        name.split('"').next().expect("an end").to_owned()
    };
    members.split('"').skip(1).step_by(2).map(name).collect()
}

#[test]
fn every_package_that_is_run_exists() {
    let packages = packages();
    let mut count = 0;
    let documents = [
        README,
        FIRST_SERVER,
        RMCP,
        include_str!("../../../../CONTRIBUTING.md"),
    ];
    for document in documents {
        for after in document.split("cargo run ").skip(1) {
            let mut words = after.split_whitespace();
            let name = words.find(|word| !word.starts_with('-')).expect("a name");
            let name = name.trim_matches(|char: char| !char.is_ascii_alphanumeric());
            assert!(packages.contains(name), "no package is named {name:?}");
            count += 1;
        }
    }
    assert!(count > 4, "only {count} commands are shown");
}

#[test]
fn every_link_leads_somewhere() {
    let mut count = 0;
    for name in [
        "README.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "ARCHITECTURE.md",
    ] {
        let text = fs::read_to_string(root().join(name)).expect(name);
        let prose: String = text.split("```").step_by(2).collect();
        for link in prose.split("](").skip(1) {
            let link = link.split(')').next().expect("a part");
            if link.contains("://") {
                continue;
            }
            let (path, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = root().join(path);
            assert!(target.exists(), "{name} links to {link}");
            if !heading.is_empty() {
                let text = fs::read_to_string(target).expect(link);
                let words = heading.replace('-', " ");
                let is_heading = |line: &str| {
                    line.trim_start_matches('#').trim().to_lowercase() == words
                        && line.starts_with('#')
                };
                assert!(text.lines().any(is_heading), "{name} links to {link}");
            }
            count += 1;
        }
    }
    assert!(count > 10, "only {count} links are followed");
}
