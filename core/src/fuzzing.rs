//! Entry points for fuzz targets that the public API does not reach, each with its check.
//!
//! Compiled only for tests and with `--cfg fuzzing`, so it is never part of a dependency.
//! The tests of these modules replay the corpora in `fuzz/corpus`.

use crate::uri_pattern;

/// Matches a URI with a template and compares the result with a second implementation.
///
/// # Panics
///
/// If the two differ.
pub fn uri_pattern(bytes: &[u8]) {
    uri_pattern::fuzzed::check(bytes);
}

/// Checks every input of a target's corpus. Returns the number of inputs.
#[cfg(test)]
pub(crate) fn replay(target: &str, check: fn(&[u8])) -> usize {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    // The published crate contains no corpora.
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
