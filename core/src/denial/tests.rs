use std::collections::BTreeSet;

use super::*;

#[test]
fn every_code_is_read_back_and_is_a_word_in_snake_case() {
    let codes: BTreeSet<_> = DenialReason::ALL.iter().map(|one| one.code()).collect();
    assert_eq!(codes.len(), DenialReason::ALL.len());
    for reason in DenialReason::ALL.iter().copied() {
        assert_eq!(DenialReason::from_code(reason.code()), Some(reason));
        let is_word = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
        assert!(reason.code().bytes().all(is_word), "{reason}");
        assert!(matches!(reason.status(), 401 | 403 | 429 | 503), "{reason}");
    }
    assert_eq!(DenialReason::from_code("made_up"), None);
}

#[test]
fn a_refusal_that_a_later_request_escapes_says_retry() {
    for reason in DenialReason::ALL {
        if matches!(reason.status(), 429 | 503) {
            assert_eq!(reason.remedy(), Remedy::Retry, "{reason}");
        }
    }
}

#[test]
fn every_action_is_read_back_and_has_advice() {
    for remedy in Remedy::ALL.iter().copied() {
        assert_eq!(Remedy::from_action(remedy.action()), Some(remedy));
        assert!(remedy.advice().ends_with('.'), "{remedy}");
    }
    assert_eq!(Remedy::from_action("dance"), None);
}

#[test]
fn the_document_has_a_row_for_each_code_and_each_action() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/denials.md");
    let document = std::fs::read_to_string(path).unwrap();
    let rows: Vec<Vec<&str>> = document
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| {
            line.split(" | ")
                .map(|cell| cell.trim_matches(['|', ' ']))
                .collect()
        })
        .collect();
    let documented: Vec<_> = rows
        .iter()
        .filter(|row| row.len() == 5)
        .map(|row| (row[0].trim_matches('`'), row[1].parse().unwrap()))
        .collect();
    let reasons = DenialReason::ALL.iter();
    let codes: Vec<_> = reasons.map(|one| (one.code(), one.status())).collect();
    assert_eq!(documented, codes);
    let documented: Vec<_> = rows
        .iter()
        .filter(|row| row.len() == 3)
        .map(|row| row[0].trim_matches('`'))
        .collect();
    let actions: Vec<_> = Remedy::ALL.iter().map(|one| one.action()).collect();
    assert_eq!(documented, actions);
}
