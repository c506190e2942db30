//! What fuzz targets reach that has no way in by the public API, each with its check.
//!
//! Compiled for tests and with `--cfg fuzzing` alone, so it is never a part of what
//! somebody depends on. The tests of these modules replay the corpora in `fuzz/corpus`.

use crate::{issuer, json_schema, uri_pattern};

/// Judges a value by a schema and compares with a second reading.
///
/// # Panics
///
/// When the two differ.
pub fn arguments(bytes: &[u8]) {
    json_schema::fuzzed::check(bytes);
}

/// Reads a metadata document and compares with a second reading.
///
/// # Panics
///
/// When the two differ.
pub fn discovery(bytes: &[u8]) {
    issuer::fuzzed::check(bytes);
}

/// Reads a template and a URI and compares with a second reading.
///
/// # Panics
///
/// When the two differ.
pub fn uri_pattern(bytes: &[u8]) {
    uri_pattern::fuzzed::check(bytes);
}

/// Checks every input of a target's corpus; how many there were.
#[cfg(test)]
pub(crate) fn replay(target: &str, check: fn(&[u8])) -> usize {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    // What is published of this crate has no corpora beside it.
    let Ok(folder) = std::fs::read_dir(root.join("../fuzz/corpus").join(target)) else {
        return usize::MAX;
    };
    let files: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
    for file in &files {
        let bytes = std::fs::read(file).unwrap();
        let checked = std::panic::catch_unwind(|| check(&bytes));
        assert!(checked.is_ok(), "{} panics", file.display());
    }
    files.len()
}
