//! Outcomes that wait for the next record.

use super::*;

#[test]
fn waiting_outcomes_are_written_with_the_next_record_or_by_a_flush() {
    let (log, disk) = log(OnFailure::Refuse);
    for id in 1..=3 {
        log.decide(&allowed(id)).unwrap();
    }
    let of_type = |record_type: &str| {
        let lines = lines(&disk.contents.contents());
        lines
            .iter()
            .filter(|line| line["type"] == record_type)
            .count()
    };
    assert!(log.end_later(&ended(1)), "the first that waits");
    assert!(!log.end_later(&ended(2)));
    assert_eq!(of_type("run"), 0);
    assert_eq!(log.head().count, 4, "the head names a line of the file");
    log.decide(&allowed(4)).unwrap();
    assert_eq!((of_type("decision"), of_type("run")), (4, 2));
    assert!(log.end_later(&ended(3)));
    log.flush();
    assert_eq!(of_type("run"), 3);
    assert!(log.end_later(&ended(4)));
    let head_before_the_end = log.head();
    drop(log);
    assert_eq!(of_type("run"), 4);
    assert_eq!(
        checked(&disk.contents.contents(), head_before_the_end).findings,
        []
    );
}

#[test]
fn waiting_outcomes_that_a_full_disk_refuses_are_counted() {
    for flushes in [true, false] {
        let (log, disk) = log(OnFailure::Continue);
        log.decide(&allowed(1)).unwrap();
        log.decide(&allowed(2)).unwrap();
        log.end_later(&ended(1));
        log.end_later(&ended(2));
        disk.is_full.store(true, Ordering::SeqCst);
        match flushes {
            true => log.flush(),
            false => log.decide(&allowed(3)).unwrap(),
        }
        let lost = if flushes { 2 } else { 3 };
        assert_eq!(log.status().lost, lost);
        // A record that follows a failure does not wait.
        assert!(!log.end_later(&ended(3)));
        assert_eq!(log.status().lost, lost + 1);
        disk.is_full.store(false, Ordering::SeqCst);
        log.decide(&allowed(4)).unwrap();
        let result = checked(&disk.contents.contents(), log.head());
        assert_eq!((result.findings, result.lost), (vec![], lost + 1));
    }
}

#[test]
fn waiting_outcomes_stay_in_their_file_and_their_bytes_are_bounded() {
    let (log, disk) = log(OnFailure::Refuse);
    log.decide(&allowed(1)).unwrap();
    log.end_later(&ended(1));
    assert!(log.reopen(TIME).unwrap());
    let earlier = lines(&disk.earlier.contents());
    assert_eq!(earlier.last().unwrap()["type"], "run");
    let before = log.head().count;
    for id in 0..1000 {
        log.end_later(&ended(id));
    }
    let waiting = before + 1000 - log.head().count;
    assert!((1..200).contains(&waiting), "{waiting}");
    log.flush();
    let files = [
        ("earlier", disk.earlier.contents()),
        ("log", disk.contents.contents()),
    ];
    let files = files.each_ref().map(|(name, text)| (*name, &**text));
    assert_eq!(
        verify(files, &key(), Some(log.head())).unwrap().findings,
        []
    );
}
