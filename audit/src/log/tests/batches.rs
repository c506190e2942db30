//! Decisions that one write records.

use super::*;

#[test]
fn one_write_records_the_decisions_of_a_batch_and_the_waiting_outcomes_in_order() {
    let (log, disk) = log(OnFailure::Refuse);
    let first = log.decide_later(&allowed(1)).unwrap();
    log.end_later(&ended(0));
    let second = log.decide_later(&allowed(2)).unwrap();
    assert_eq!(log.head().count, 1, "only the start record is written");
    second.write().unwrap();
    assert_eq!(log.head().count, 4);
    // The other request finds its record written.
    disk.is_full.store(true, Ordering::SeqCst);
    first.write().unwrap();
    assert_eq!(disk.failures.load(Ordering::SeqCst), 0);
    let ids: Vec<_> = lines(&disk.contents.contents())
        .iter()
        .map(|line| line["id"].as_str().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(ids, ["", "0-1", "0-0", "0-2"]);
    assert_eq!(checked(&disk.contents.contents(), log.head()).findings, []);
}

#[test]
fn a_batch_that_a_full_disk_refuses_allows_nothing_and_is_not_lost() {
    let (log, disk) = log(OnFailure::Refuse);
    let batch = [1, 2].map(|id| log.decide_later(&allowed(id)).unwrap());
    log.end_later(&ended(0));
    disk.is_full.store(true, Ordering::SeqCst);
    for one in &batch {
        assert_eq!(one.write(), Err(NotWrittenError));
    }
    assert_eq!(log.status().lost, 1, "the outcome");
    assert!(
        log.decide_later(&allowed(3)).is_none(),
        "it cannot wait now"
    );
    disk.is_full.store(false, Ordering::SeqCst);
    // A request of the failed batch is not allowed later.
    assert_eq!(batch[0].write(), Err(NotWrittenError));
    log.decide(&allowed(4)).unwrap();
    let result = checked(&disk.contents.contents(), log.head());
    assert_eq!((result.findings, result.lost), (vec![], 1));
    assert!(log.decide_later(&allowed(5)).unwrap().write().is_ok());
}

#[test]
fn with_continue_a_failed_batch_runs_and_is_counted() {
    let (log, disk) = log(OnFailure::Continue);
    let batch = [1, 2].map(|id| log.decide_later(&allowed(id)).unwrap());
    disk.is_full.store(true, Ordering::SeqCst);
    for one in &batch {
        one.write().unwrap();
    }
    assert_eq!(log.status().lost, 2);
    disk.is_full.store(false, Ordering::SeqCst);
    log.decide(&allowed(3)).unwrap();
    assert_eq!(checked(&disk.contents.contents(), log.head()).lost, 2);
}

#[test]
fn a_failed_write_of_another_record_refuses_the_batch_that_waits_before_it() {
    let (log, disk) = log(OnFailure::Refuse);
    let batch = log.decide_later(&allowed(1)).unwrap();
    disk.is_full.store(true, Ordering::SeqCst);
    assert_eq!(log.decide(&allowed(2)), Err(NotWrittenError));
    disk.is_full.store(false, Ordering::SeqCst);
    assert_eq!(batch.write(), Err(NotWrittenError));
    assert_eq!(log.head().count, 1);
}

#[test]
fn an_abandoned_decision_has_an_outcome_only_if_it_has_a_record() {
    let (log, disk) = log(OnFailure::Refuse);
    log.decide_later(&allowed(1)).unwrap().abandon(&ended(1));
    let kinds = |disk: &Disk| {
        let lines = lines(&disk.contents.contents());
        let kinds = lines.iter().map(|line| line["type"].clone());
        kinds.collect::<Vec<_>>()
    };
    assert_eq!(kinds(&disk), ["start", "decision", "run"]);
    let batch = log.decide_later(&allowed(2)).unwrap();
    disk.is_full.store(true, Ordering::SeqCst);
    batch.abandon(&ended(2));
    disk.is_full.store(false, Ordering::SeqCst);
    log.flush();
    assert_eq!(kinds(&disk), ["start", "decision", "run"]);
}

#[test]
fn a_refusal_never_waits_and_a_log_that_is_dropped_writes_its_batch() {
    let (log, disk) = log(OnFailure::Refuse);
    let denied = Verdict::Denied {
        reason_code: Some("missing_scope"),
        detail: None,
        is_late: false,
    };
    assert!(log.decide_later(&decision(1, denied)).is_none());
    let batch = log.decide_later(&allowed(2)).unwrap();
    drop(log);
    assert!(batch.write().is_ok());
    assert_eq!(lines(&disk.contents.contents()).len(), 2);
}
