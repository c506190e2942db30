//! The crates in the build of a server with one tool: an optional part adds none.
//!
//! `UPDATE_SNAPSHOT=1 cargo test -p toolgate-tests --test repository` rewrites the list.

use std::collections::BTreeSet;

use support::snapshot::{assert_unchanged, difference};

use super::{PLATFORM, cargo};

const SNAPSHOT: &str = "tests/repository/dependencies.txt";

/// The crates of a build by name and major version, one per line.
fn crates(tree: &str) -> String {
    let one = |line: &str| {
        let mut words = line.split_whitespace();
        let (name, version) = (words.next()?, words.next()?.strip_prefix('v')?);
        let mut numbers = version.split('.');
        let (major, minor) = (numbers.next()?, numbers.next()?);
        // Below 1.0 the second number is the one that says "incompatible".
        Some(if major == "0" {
            format!("{name} 0.{minor}")
        } else {
            format!("{name} {major}")
        })
    };
    let sorted: BTreeSet<_> = tree.lines().filter_map(one).collect();
    sorted.into_iter().map(|line| line + "\n").collect()
}

/// The crates in the build of a package, for one platform, so that each machine lists the same.
fn crates_of(package: &str) -> String {
    let mut command = vec!["tree", "--edges", "normal,build", "--prefix", "none"];
    command.extend(["--target", PLATFORM, "--package", package]);
    crates(&cargo(&command))
}

#[test]
fn a_small_server_compiles_the_crates_of_the_snapshot() {
    // Without features: what a deployed server compiles.
    assert_unchanged(&crates_of("toolgate"), SNAPSHOT);
}

#[test]
fn the_example_of_the_readme_adds_the_development_issuer_and_logging() {
    let (example, server) = (crates_of("readme"), crates_of("toolgate"));
    assert_eq!(
        difference(&example, &server),
        [
            "lazy_static 1",
            "nu-ansi-term 0.50",
            "readme 0.1",
            "sharded-slab 0.1",
            "thread_local 1",
            "toolgate-development-issuer 0.1",
            "tracing-serde 0.2",
            "tracing-subscriber 0.3",
        ]
    );
}

#[test]
fn one_more_crate_or_another_major_changes_the_list() {
    let tree = "toolgate v0.1.0 (/a/b)\nhttp v1.4.0\ntower v0.5.3\nhttp v1.4.0 (*)";
    assert_eq!(crates(tree), "http 1\ntoolgate 0.1\ntower 0.5\n");
    assert_ne!(crates(&tree.replace("v0.5.3", "v0.6.0")), crates(tree));
    assert_ne!(crates(&format!("{tree}\nrand v0.9.0")), crates(tree));
}
