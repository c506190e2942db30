//! Lists that are kept in a file, so that a change of the list is a visible change of the file.

use std::{env, fs, path::Path};

/// Returns the lines that one text has and the other does not have.
pub fn difference<'t>(left: &'t str, right: &str) -> Vec<&'t str> {
    let is_missing = |line: &&str| !right.lines().any(|other| other == *line);
    left.lines().filter(is_missing).collect()
}

/// Compares a list, one entry per line, with a file of the repository. With the variable
/// `UPDATE_SNAPSHOT` it writes the file first.
///
/// # Panics
///
/// If the two differ, or the file cannot be written.
pub fn assert_unchanged(listed: &str, snapshot: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    let file = root
        .expect("the tests are a folder of the workspace")
        .join(snapshot);
    if env::var_os("UPDATE_SNAPSHOT").is_some() {
        fs::write(&file, listed).expect("the snapshot can be written");
    }
    let kept = fs::read_to_string(&file).unwrap_or_default();
    let (added, removed) = (difference(listed, &kept), difference(&kept, listed));
    assert!(
        added.is_empty() && removed.is_empty(),
        "{snapshot} differs.\nadded: {added:#?}\nremoved: {removed:#?}\n\
         If this is meant, run the test again with UPDATE_SNAPSHOT=1 and commit the file."
    );
}
