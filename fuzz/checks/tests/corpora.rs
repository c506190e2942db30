//! Replays every input of the corpora: what a fuzzer found, and what it needed to reach new
//! code. Without this, the corpora would decay whenever nobody fuzzes.

use std::{
    fs,
    hash::{BuildHasher, RandomState},
    panic,
    path::Path,
};

use toolgate_fuzz_checks::{CHECKS, execution_paths, random::Random};

/// Checks each input of a target's corpus.
fn replay(target: &str) {
    let check = CHECKS.iter().find(|(name, _)| *name == target);
    let (_, check) = check.expect("a check of this name");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = root.join("../corpus").join(target);
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("the corpus of the target")
        .map(|entry| entry.expect("an entry of it").path())
        .collect();
    files.sort();
    assert!(files.len() > 20, "{target} has a corpus of {}", files.len());
    for file in &files {
        let bytes = fs::read(file).expect("an input");
        let checked = panic::catch_unwind(|| check(&bytes));
        assert!(checked.is_ok(), "{} panics", file.display());
    }
}

#[test]
fn requests_run_only_the_tool_that_they_name() {
    replay("execution_paths");
    let tally = execution_paths::tally();
    // A corpus that runs nothing, or refuses nothing, would test nothing.
    let some = tally.sent / 20..tally.sent * 3 / 4;
    assert!(some.contains(&tally.ran), "{tally:?}");
    assert!(tally.right > 20 && tally.both_ways > 50, "{tally:?}");
    assert!(tally.in_session > 20, "{tally:?}");
    assert!(tally.sessionless > 20, "{tally:?}");
}

/// New requests in each run, without coverage feedback.
#[test]
fn generated_requests_run_what_they_name_and_nothing_else() {
    const REQUESTS: u64 = 3_000;
    let seed = RandomState::new().hash_one(());
    let (mut random, mut bytes) = (Random::new(seed), Vec::new());
    for number in 0..REQUESTS {
        random.fill(&mut bytes);
        let checked = panic::catch_unwind(|| execution_paths::check(&bytes));
        assert!(checked.is_ok(), "seed {seed}, number {number}: {bytes:?}");
    }
    let tally = execution_paths::tally();
    let some = tally.sent / 20..tally.sent * 3 / 4;
    assert!(some.contains(&tally.ran), "{tally:?}");
    assert!(tally.both_ways > REQUESTS / 4, "{tally:?}");
}

#[test]
fn credentials_match_a_second_parser() {
    replay("bearer");
}

#[test]
fn claims_match_a_second_parser() {
    replay("claims");
}

#[test]
fn tokens_match_a_second_verifier() {
    replay("token");
}

#[test]
fn keys_match_a_second_reading_of_their_set() {
    replay("keys");
}

#[test]
fn a_server_that_starts_sends_parsable_challenges() {
    replay("settings");
}
