//! The crates in the build of a server with one tool: an optional part adds none.
//!
//! `UPDATE_SNAPSHOT=1 cargo test -p toolgate-tests --test repository` rewrites the list.

use std::{collections::BTreeSet, env, fs};

use super::{cargo, difference, root};

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

/// `examples/readme` without its development issuer: what a deployed server compiles.
fn of_a_small_server() -> String {
    let tree = [
        "tree",
        "--edges",
        "normal,build",
        "--prefix",
        "none",
        "--package",
    ];
    crates(&cargo(
        &[
            &tree[..],
            &["toolgate", "--target", "x86_64-unknown-linux-gnu"],
        ]
        .concat(),
    ))
}

#[test]
fn a_small_server_compiles_the_crates_of_the_snapshot() {
    let listed = of_a_small_server();
    let file = root().join(SNAPSHOT);
    if env::var_os("UPDATE_SNAPSHOT").is_some() {
        fs::write(&file, &listed).expect("the snapshot can be written");
    }
    let kept = fs::read_to_string(&file).unwrap_or_default();
    let (added, removed) = (difference(&listed, &kept), difference(&kept, &listed));
    assert!(
        added.is_empty() && removed.is_empty(),
        "the dependencies differ from {SNAPSHOT}.\nadded: {added:#?}\nremoved: {removed:#?}\n\
         If this is meant, run the test again with UPDATE_SNAPSHOT=1 and commit the file."
    );
}

#[test]
fn the_example_of_the_readme_adds_the_development_issuer_and_nothing_else() {
    let tree = [
        "tree",
        "--edges",
        "normal,build",
        "--prefix",
        "none",
        "--package",
    ];
    let example = crates(&cargo(
        &[
            &tree[..],
            &["readme", "--target", "x86_64-unknown-linux-gnu"],
        ]
        .concat(),
    ));
    let added = difference(&example, &of_a_small_server()).join(", ");
    let kept = ["readme 0.1", "toolgate-development-issuer 0.1"];
    let unexpected: Vec<_> = added
        .split(", ")
        .filter(|name| !kept.contains(name))
        .collect();
    assert!(unexpected.is_empty(), "{unexpected:#?}");
}

#[test]
fn one_more_crate_or_another_major_changes_the_list() {
    let tree = "toolgate v0.1.0 (/a/b)\nhttp v1.4.0\ntower v0.5.3\nhttp v1.4.0 (*)";
    assert_eq!(crates(tree), "http 1\ntoolgate 0.1\ntower 0.5\n");
    assert_ne!(crates(&tree.replace("v0.5.3", "v0.6.0")), crates(tree));
    assert_ne!(crates(&format!("{tree}\nrand v0.9.0")), crates(tree));
}
