//! The public items of the crate `toolgate`, compared with `snapshot.txt`: a change of the
//! public surface is a change of that file.
//!
//! `UPDATE_SNAPSHOT=1 cargo test -p toolgate-tests --test public_api` rewrites the file.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

mod items;
mod surface;

use surface::Sources;

const SNAPSHOT: &str = "tests/public_api/snapshot.txt";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the tests are a folder of the workspace")
        .to_owned()
}

/// The crates whose items the runtime exports, the runtime first.
const CRATES: [&str; 5] = ["runtime", "core", "oauth", "store", "store-redis"];

/// The source files of these crates without unit tests, by their path below `src`, or below the
/// crate's folder if that path is another crate's.
fn sources() -> Sources {
    let mut files = BTreeMap::new();
    for name in CRATES {
        add_files(name, &mut files);
    }
    Sources::parse(&files)
}

fn add_files(owner: &str, files: &mut BTreeMap<String, String>) {
    let base = root().join(owner).join("src");
    let mut folders = vec![base.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the folder can be read") {
            let path = entry.expect("an entry of it as well").path();
            let name = path.strip_prefix(&base).expect("it is below the base");
            let mut name = name.display().to_string().replace('\\', "/");
            if path.is_dir() && !name.ends_with("tests") {
                folders.push(path);
            } else if name.ends_with(".rs") && !name.ends_with("tests.rs") {
                if files.contains_key(&name) {
                    name = format!("{owner}/{name}");
                }
                files.insert(name, fs::read_to_string(&path).expect("source is text"));
            }
        }
    }
}

#[test]
fn the_public_items_are_those_of_the_snapshot() {
    let listed = sources()
        .surface()
        .expect("every export is found")
        .join("\n")
        + "\n";
    support::snapshot::assert_unchanged(&listed, SNAPSHOT);
}

#[test]
fn what_the_attributes_and_macros_need_is_hidden() {
    let listed = sources().surface().expect("every export is found");
    let leaked: Vec<_> = listed.iter().filter(|line| line.contains("__")).collect();
    assert!(leaked.is_empty(), "{leaked:#?}");
}

/// Two versions of a small crate: the second has one more method, variant or export.
fn small(lib: &str, shape: &str) -> Vec<String> {
    let files = [("lib.rs", lib), ("shape.rs", shape)];
    let files = files.map(|(name, text)| (name.to_owned(), text.to_owned()));
    Sources::parse(&files.into()).surface().expect("found")
}

#[test]
fn a_new_method_variant_field_or_export_changes_the_list() {
    let lib = "mod shape; pub use shape::Shape;";
    let shape = "pub struct Shape { pub side: u8 } impl Shape { pub fn area(&self) -> u8 { 1 } fn hidden() {} }\
                 pub enum Kind { Round } impl Clone for Shape {}";
    let before = small(lib, shape);
    assert!(before.iter().any(|line| line.contains("fn Shape::area")));
    assert!(!before.iter().any(|line| line.contains("hidden")));
    for (lib, shape) in [
        (lib, shape.replace("fn hidden", "pub fn hidden")),
        (
            lib,
            shape.replace("pub side: u8", "pub side: u8, pub other: u8"),
        ),
        (
            lib,
            shape.replace("impl Clone", "impl Copy for Shape {} impl Clone"),
        ),
        (lib, shape.replace("-> u8", "-> u16")),
        ("mod shape; pub use shape::{Kind, Shape};", shape.to_owned()),
        ("pub mod shape; pub use shape::Shape;", shape.to_owned()),
    ] {
        assert_ne!(small(lib, &shape), before, "{lib}\n{shape}");
    }
}

#[test]
fn an_export_that_cannot_be_resolved_is_an_error() {
    let files = BTreeMap::from([("lib.rs".to_owned(), "mod a; pub use a::Missing;".to_owned())]);
    let error = Sources::parse(&files)
        .surface()
        .expect_err("nothing defines it");
    assert!(error.contains("Missing"), "{error}");
}
