use super::*;

fn name() -> StreamName {
    StreamName {
        session: "s".to_owned(),
        process: "p".to_owned(),
        service: 1,
        request: 2,
    }
}

fn record() -> StreamRecord {
    let owner: SessionOwner =
        serde_json::from_str(r#"{"issuer":"i","subject":"alice","client":null}"#).unwrap();
    StreamRecord::new(owner, &name())
}

fn event(index: u64, message: &str, is_progress: bool) -> StreamEvent {
    StreamEvent {
        index,
        id: index.to_string(),
        message: message.to_owned(),
        is_progress,
    }
}

fn indexes(record: &StreamRecord, after: u64) -> Option<Vec<u64>> {
    let events = record.after(after).ok()?;
    Some(events.iter().map(|event| event.index).collect())
}

#[test]
fn a_later_report_of_progress_replaces_an_earlier_one() {
    let mut record = record();
    for index in 1..1_000 {
        record.push(event(index, "progress", true));
    }
    record.push(event(1_000, "answer", false));
    assert_eq!(indexes(&record, 0), Some(vec![999, 1_000]));
    assert_eq!(indexes(&record, 999), Some(vec![1_000]));
    assert_eq!(indexes(&record, 1_000), Some(vec![]));
}

#[test]
fn a_client_that_needs_an_event_beyond_the_bounds_is_told_so() {
    let mut many = record();
    for index in 1..=20 {
        many.push(event(index, "question", false));
    }
    assert_eq!(indexes(&many, 0), None);
    assert_eq!(indexes(&many, 3), None);
    assert_eq!(indexes(&many, 4).map(|events| events.len()), Some(16));
    for message in ["a".repeat(MOST_BYTES + 1), "\"".repeat(MOST_BYTES / 2 + 1)] {
        let mut large = record();
        large.push(event(1, "small", false));
        large.push(event(2, &message, false));
        assert_eq!(indexes(&large, 1), None);
        assert_eq!(indexes(&large, 2), Some(vec![]));
        assert!(serde_json::to_vec(&large).unwrap().len() < 1_000);
    }
}

#[test]
fn the_largest_record_fits_into_the_store() {
    for message in [
        "a".repeat(MOST_BYTES - 10),
        "\\".repeat(MOST_BYTES / 2 - 10),
    ] {
        let mut large = record();
        large.push(event(1, &message, false));
        assert_eq!(indexes(&large, 0), Some(vec![1]));
        assert!(serde_json::to_vec(&large).unwrap().len() < 200 * 1024);
    }
}

#[test]
fn a_record_of_another_owner_session_or_stream_is_not_this_one() {
    let record = record();
    let owner = record.owner.clone();
    let mallory: SessionOwner =
        serde_json::from_str(r#"{"issuer":"i","subject":"mallory","client":null}"#).unwrap();
    assert!(record.belongs_to(&owner, &name()) && record.is_of(&name()));
    assert!(!record.belongs_to(&mallory, &name()));
    let session = "t".to_owned();
    assert!(!record.belongs_to(&owner, &StreamName { session, ..name() }));
    assert!(!record.is_of(&StreamName {
        service: 3,
        ..name()
    }));
    assert!(!record.is_of(&StreamName {
        request: 3,
        ..name()
    }));
}
