//! The oldest compiler that the published crates claim to need (`rust-version`).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{PLATFORM, cargo};

const PUBLISHED: [&str; 2] = ["toolgate", "toolgate-macros"];

type Version = (u64, u64);

fn version(text: &str) -> Version {
    let mut numbers = text
        .split('.')
        .map(|number| number.parse().expect("a number"));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

/// The packages that a build of these compiles, with the compiler that each needs.
fn needed(metadata: &Value, roots: &[&str]) -> BTreeMap<String, Version> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let packages: BTreeMap<_, _> = list(&metadata["packages"])
        .into_iter()
        .map(|package| (package["id"].to_string(), package))
        .collect();
    let nodes: BTreeMap<_, _> = list(&metadata["resolve"]["nodes"])
        .into_iter()
        .map(|node| (node["id"].to_string(), node))
        .collect();
    let is_root =
        |(_, package): &(&String, &Value)| roots.iter().any(|root| package["name"] == *root);
    let mut open: Vec<_> = packages
        .iter()
        .filter(is_root)
        .map(|(id, _)| id.clone())
        .collect();
    let (mut seen, mut found) = (BTreeSet::new(), BTreeMap::new());
    while let Some(id) = open.pop() {
        if !seen.insert(id.clone()) {
            continue;
        }
        let package = &packages[&id];
        let name = format!("{} {}", package["name"], package["version"]).replace('"', "");
        found.insert(
            name,
            package["rust_version"].as_str().map_or((0, 0), version),
        );
        for dependency in list(&nodes[&id]["deps"]) {
            let is_compiled = |kind: &Value| kind["kind"].is_null() || kind["kind"] == "build";
            if list(&dependency["dep_kinds"]).iter().any(is_compiled) {
                open.push(dependency["pkg"].to_string());
            }
        }
    }
    found
}

/// The only crate that needs a newer compiler, because its dependency does. It is optional.
const NEWER: &str = "toolgate-cedar";

/// What Cargo says of all packages. The package with a newer compiler is not a dependency here.
fn metadata() -> Value {
    let metadata = cargo(&[
        "metadata",
        "--format-version=1",
        "--all-features",
        "--filter-platform",
        PLATFORM,
    ]);
    serde_json::from_str(&metadata).expect("cargo prints JSON")
}

/// Removes a package from the dependencies of all others.
fn without(mut metadata: Value, name: &str) -> Value {
    let packages = metadata["packages"].as_array().cloned().unwrap_or_default();
    let named = packages.iter().find(|package| package["name"] == name);
    let id = named.expect("the package exists")["id"].clone();
    let nodes = metadata["resolve"]["nodes"].as_array_mut();
    for node in nodes.into_iter().flatten() {
        if let Some(dependencies) = node["deps"].as_array_mut() {
            dependencies.retain(|one| one["pkg"] != id);
        }
    }
    metadata
}

#[test]
fn the_crate_for_cedar_alone_needs_a_newer_compiler_and_the_readme_says_so() {
    let metadata = metadata();
    let mut needed = needed(&metadata, &[NEWER]);
    needed.retain(|name, _| !name.starts_with("toolgate") || name.starts_with(NEWER));
    let newest = needed.values().max().expect("there are some");
    let (_, claimed) = needed
        .iter()
        .find(|(name, _)| name.starts_with(NEWER))
        .expect("itself");
    assert_eq!(claimed, newest, "{needed:?}");
    let readme = std::fs::read_to_string(super::root().join("README.md")).expect("README.md");
    let says = format!("with Rust {}.{} or newer", claimed.0, claimed.1);
    assert!(readme.contains(&says), "{says}");
}

#[test]
fn the_claimed_compiler_is_the_oldest_that_all_dependencies_take() {
    let metadata = without(metadata(), NEWER);
    let needed = needed(&metadata, &PUBLISHED);
    let is_ours = |name: &str| name.starts_with("toolgate");
    let claimed: BTreeSet<_> = needed
        .iter()
        .filter(|(name, _)| is_ours(name))
        .map(|(_, v)| *v)
        .collect();
    assert_eq!(
        claimed.len(),
        1,
        "the published crates claim different compilers: {claimed:?}"
    );
    let claimed = claimed.into_iter().next().expect("there is one");
    let others = needed.iter().filter(|(name, _)| !is_ours(name));
    let newest = others
        .clone()
        .map(|(_, version)| *version)
        .max()
        .expect("there are some");
    let newer: Vec<_> = others.filter(|(_, version)| **version > claimed).collect();
    assert!(
        newer.is_empty(),
        "these need a newer compiler than {claimed:?}: {newer:?}"
    );
    assert_eq!(
        claimed, newest,
        "all dependencies would take an older compiler"
    );
}

#[test]
fn a_dependency_that_needs_a_newer_compiler_is_found() {
    let metadata = serde_json::json!({
        "packages": [
            {"id": "a", "name": "toolgate", "version": "0.1.0", "rust_version": "1.88"},
            {"id": "b", "name": "new", "version": "2.0.0", "rust_version": "1.90.1"},
            {"id": "c", "name": "tested", "version": "1.0.0", "rust_version": "1.99"},
        ],
        "resolve": {"nodes": [
            {"id": "a", "deps": [
                {"pkg": "b", "dep_kinds": [{"kind": null}]},
                {"pkg": "c", "dep_kinds": [{"kind": "dev"}]},
            ]},
            {"id": "b", "deps": []}, {"id": "c", "deps": []},
        ]},
    });
    let found = needed(&metadata, &["toolgate"]);
    assert_eq!(found["new 2.0.0"], (1, 90));
    assert!(!found.contains_key("tested 1.0.0"));
}
