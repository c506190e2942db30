//! The crates in the build of a server with one tool: an optional part adds none.
//!
//! `UPDATE_SNAPSHOT=1 cargo test -p toolgate-tests --test repository` rewrites the list.

use std::{collections::BTreeSet, fs, path::Path};

use support::snapshot::{assert_unchanged, difference};

use super::{PLATFORM, cargo, root};

const SNAPSHOT: &str = "tests/repository/dependencies.txt";

/// The crates of a build by name and major version, one per line.
fn crates(tree: &str) -> String {
    let one = |line: &str| {
        let mut words = line.split_whitespace();
        let (name, version) = (words.next()?, words.next()?.strip_prefix('v')?);
        let mut numbers = version.split('.');
        let (major, minor) = (numbers.next()?, numbers.next()?);
        // Below 1.0, versions with different second numbers are incompatible.
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

/// Returns the names in the section `[dependencies]` of a manifest.
fn declared(manifest: &str) -> Vec<&str> {
    let lines = manifest.lines().map(str::trim);
    let section = lines.skip_while(|line| *line != "[dependencies]").skip(1);
    let section = section.take_while(|line| !line.starts_with('['));
    section
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('='))
        .map(|(name, _)| name.trim().trim_end_matches(".workspace"))
        .collect()
}

/// Returns the dependencies of a manifest that no source names.
fn unused<'m>(manifest: &'m str, sources: &[String]) -> Vec<&'m str> {
    let names = |source: &String, name: &str| {
        let mut words = source.split(|one: char| !(one.is_alphanumeric() || one == '_'));
        words.any(|word| word == name)
    };
    let mut unused = declared(manifest);
    unused.retain(|name| {
        let name = name.replace('-', "_");
        !sources.iter().any(|source| names(source, &name))
    });
    unused
}

fn read_sources(folder: &Path, sources: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("its entries, too").path();
        if path.is_dir() {
            read_sources(&path, sources);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            sources.push(fs::read_to_string(&path).expect("source is text"));
        }
    }
}

/// Dependencies that only select features of a dependency of another crate.
const FOR_FEATURES: [&str; 1] = ["rustls"];

#[test]
fn a_published_crate_uses_each_of_its_dependencies() {
    for entry in fs::read_dir(root()).expect("the root can be read") {
        let folder = entry.expect("its entries, too").path();
        let Ok(manifest) = fs::read_to_string(folder.join("Cargo.toml")) else {
            continue;
        };
        if manifest.contains("publish = false") || !folder.join("src").is_dir() {
            continue;
        }
        let mut sources = Vec::new();
        read_sources(&folder.join("src"), &mut sources);
        let mut unused = unused(&manifest, &sources);
        unused.retain(|name| !FOR_FEATURES.contains(name));
        assert_eq!(unused, [""; 0], "{folder:?}");
    }
}

#[test]
fn an_unused_dependency_is_found() {
    let manifest =
        "[dependencies]\n# A comment = 1\na-b = \"1\"\nc.workspace = true\n\n[lints]\nd = 1\n";
    let sources = ["use a_b::X; // not_c".to_owned()];
    assert_eq!(unused(manifest, &sources), ["c"]);
}
