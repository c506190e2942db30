//! The features of the library: each is documented where a user looks for it.

use std::{fs, path::Path};

/// Returns the features that `runtime/Cargo.toml` declares.
fn features(manifest: &str) -> Vec<&str> {
    let (_, after) = manifest.split_once("[features]\n").expect("features");
    let (section, _) = after.split_once("\n[").expect("another section");
    let names = section.lines().filter_map(|line| line.split_once(" = ["));
    names
        .map(|(name, _)| name)
        .filter(|name| *name != "default")
        .collect()
}

#[test]
fn every_feature_is_in_the_readme_and_on_the_crate_page() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let read = |path: &str| fs::read_to_string(root.join(path)).expect(path);
    let (manifest, readme, page) = (
        read("runtime/Cargo.toml"),
        read("README.md"),
        read("runtime/src/lib.rs"),
    );
    let features = features(&manifest);
    assert!(features.len() > 6, "{features:?}");
    for feature in features {
        assert!(readme.contains(&format!("\n| `{feature}` | ")), "{feature}");
        assert!(
            page.contains(&format!("\n//! - `{feature}`: ")),
            "{feature}"
        );
    }
}
