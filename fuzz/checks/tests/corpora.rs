//! Every input that the corpora keep, checked again: what a fuzzer found, and what it
//! needed to get anywhere. Without this they would rot as soon as nobody fuzzes.

use std::{fs, path::Path};

use toolgate_fuzz_checks::lanes;

/// Checks each input of a corpus; how many there were.
fn replay(target: &str, check: fn(&[u8])) -> usize {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../corpus")
        .join(target);
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("the corpus of the target")
        .map(|entry| entry.expect("an entry of it").path())
        .collect();
    files.sort();
    for file in &files {
        let bytes = fs::read(file).expect("an input");
        // Its name tells which it was, should it panic.
        println!("{}", file.display());
        check(&bytes);
    }
    files.len()
}

#[test]
fn requests_run_what_they_name_and_nothing_else() {
    assert!(replay("lanes", lanes::check) > 100);
    let tally = lanes::tally();
    // A corpus that runs nothing, or refuses nothing, would show nothing.
    let ran = tally.sent / 20..tally.sent * 3 / 4;
    assert!(ran.contains(&tally.ran), "{tally:?}");
    assert!(
        tally.right > 20 && tally.both_ways > 50 && tally.in_session > 50,
        "{tally:?}"
    );
}
