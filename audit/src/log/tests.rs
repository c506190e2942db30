use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::Value;

use super::*;
use crate::{SharedBuffer, verify};

mod actors;

const TIME: u64 = 1_800_000_000;

fn key() -> AuditKey {
    AuditKey::new(std::array::from_fn(|at| u8::try_from(at).unwrap())).unwrap()
}

fn decision(id: u64, verdict: Verdict<'static>) -> Decision<'static> {
    Decision {
        id,
        time: TIME,
        request: "r",
        trace: None,
        session: Some("s"),
        issuer: Some("https://issuer.example"),
        subject: Some("alice"),
        client: None,
        actors: &[],
        method: "tools/call",
        item: Some("ping"),
        outcome: "admitted",
        needed: "a b",
        held: "a",
        missing: "",
        verdict,
    }
}

fn allowed(id: u64) -> Decision<'static> {
    decision(id, Verdict::Allowed { runs: true })
}

fn ended(id: u64) -> Outcome<'static> {
    Outcome {
        id,
        time: TIME,
        outcome: "ran",
        duration: Duration::from_micros(3),
    }
}

fn lines(contents: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(contents).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// A sink that returns an error and writes nothing while `is_full` is set.
#[derive(Clone, Default)]
struct Disk {
    contents: SharedBuffer,
    is_full: Arc<AtomicBool>,
    failures: Arc<AtomicUsize>,
}

impl Sink for Disk {
    fn append(&mut self, line: &[u8]) -> io::Result<()> {
        if self.is_full.load(Ordering::SeqCst) {
            self.failures.fetch_add(1, Ordering::SeqCst);
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.contents.append(line)
    }
}

fn log(on_failure: OnFailure) -> (AuditLog, Disk) {
    let disk = Disk::default();
    let settings = Settings {
        on_failure,
        subjects: Subjects::Plain,
    };
    let log = AuditLog::to_sink(Box::new(disk.clone()), key(), settings, TIME).unwrap();
    (log, disk)
}

fn checked(contents: &[u8], head: Head) -> crate::Verified {
    verify([("log", contents)], &key(), Some(head)).unwrap()
}

#[test]
fn with_refuse_no_operation_is_allowed_without_its_record() {
    let (log, disk) = log(OnFailure::Refuse);
    log.decide(&allowed(1)).unwrap();
    log.end(&ended(1));
    disk.is_full.store(true, Ordering::SeqCst);
    for id in 2..7 {
        assert_eq!(log.decide(&allowed(id)), Err(NotWrittenError));
        let denied = Verdict::Denied {
            reason: Some("audit_unavailable"),
            detail: None,
            is_late: false,
        };
        log.decide(&decision(id, denied)).unwrap();
    }
    assert!(log.failure().is_some());
    disk.is_full.store(false, Ordering::SeqCst);
    log.decide(&allowed(7)).unwrap();
    assert_eq!(log.failure(), None);
    let lines = lines(&disk.contents.contents());
    let runs = lines.iter().filter(|line| line["runs"] == true);
    assert_eq!(runs.count(), 2, "as many as have run");
    // The denials that could not be written.
    assert_eq!(log.lost(), 5);
    assert_eq!(lines[3]["type"], "lost");
    assert_eq!(lines[3]["count"], 5);
    let result = checked(&disk.contents.contents(), log.head());
    assert_eq!(result.findings, []);
    assert_eq!(result.lost, 5);
}

#[test]
fn with_continue_the_count_of_lost_records_is_right() {
    let (log, disk) = log(OnFailure::Continue);
    let mut runs = 0;
    for id in 1..=30 {
        disk.is_full.store(id % 3 == 0, Ordering::SeqCst);
        log.decide(&allowed(id)).unwrap();
        runs += 1;
        disk.is_full.store(id % 5 == 0, Ordering::SeqCst);
        log.end(&ended(id));
    }
    disk.is_full.store(false, Ordering::SeqCst);
    log.decide(&allowed(31)).unwrap();
    let lines = lines(&disk.contents.contents());
    let of = |kind: &str| lines.iter().filter(|line| line["type"] == kind).count();
    let lost: u64 = lines.iter().filter_map(|line| line["count"].as_u64()).sum();
    assert_eq!(
        of("decision") + of("outcome") + usize::try_from(lost).unwrap(),
        2 * runs + 1
    );
    assert_eq!(lost, log.lost());
    assert!(lost > 0);
    assert_eq!(checked(&disk.contents.contents(), log.head()).findings, []);
}

#[test]
fn the_order_of_threads_is_the_order_of_the_chain() {
    let (log, disk) = log(OnFailure::Refuse);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let log = &log;
            scope.spawn(move || {
                for id in 0..250 {
                    log.decide(&allowed(thread * 1000 + id)).unwrap();
                    log.end(&ended(thread * 1000 + id));
                }
            });
        }
    });
    let result = checked(&disk.contents.contents(), log.head());
    assert_eq!(result.findings, []);
    assert_eq!(result.records, 2001);
}

#[test]
fn a_record_has_the_members_of_the_schema_and_no_session_id() {
    let (log, disk) = log(OnFailure::Refuse);
    log.decide(&allowed(1)).unwrap();
    log.end(&ended(1));
    let lines = lines(&disk.contents.contents());
    let [start, decision, outcome] = &lines[..] else {
        panic!("{lines:?}");
    };
    assert_eq!(start["type"], "start");
    assert_eq!(start["after_count"], 0);
    assert_eq!(decision["id"], "0-1");
    assert_eq!(decision["needed"], "a b");
    assert_eq!(decision["subject"], "alice");
    assert_ne!(decision["session"], "s");
    assert_eq!(decision["missing"], Value::Null);
    assert_eq!(outcome["id"], decision["id"]);
    assert_eq!(outcome["outcome"], "ran");
    assert_eq!(outcome["micros"], 3);
    for (seq, line) in lines.iter().enumerate() {
        assert_eq!((&line["v"], &line["seq"]), (&1.into(), &seq.into()));
    }
}

#[test]
fn hostile_text_makes_one_bounded_line_and_stays_distinguishable() {
    let (log, disk) = log(OnFailure::Refuse);
    let hostile = ["\u{1}\"\\\n".repeat(50_000), "ä".repeat(100_000)];
    for (id, text) in (1..).zip(&hostile) {
        let long = Decision {
            request: text,
            issuer: Some(text),
            subject: Some(text),
            client: Some(text),
            method: text,
            item: Some(text),
            needed: text,
            ..allowed(id)
        };
        log.decide(&long).unwrap();
    }
    let other = hostile[1].clone() + "b";
    let other = Decision {
        subject: Some(&other),
        ..allowed(3)
    };
    log.decide(&other).unwrap();
    let contents = disk.contents.contents();
    for line in contents.split(|byte| *byte == b'\n') {
        assert!(line.len() <= crate::line::LONGEST_LINE, "{}", line.len());
    }
    let lines = lines(&contents);
    assert_eq!(lines.len(), 4);
    assert_ne!(lines[2]["subject"], lines[3]["subject"]);
    assert_eq!(checked(&contents, log.head()).findings, []);
}

#[test]
fn a_pseudonymous_log_names_no_subject() {
    let disk = SharedBuffer::default();
    let settings = Settings {
        subjects: Subjects::Pseudonymous,
        ..Settings::default()
    };
    let log = AuditLog::to_sink(Box::new(disk.clone()), key(), settings, TIME).unwrap();
    log.decide(&allowed(1)).unwrap();
    log.decide(&allowed(2)).unwrap();
    let text = String::from_utf8(disk.contents()).unwrap();
    assert!(!text.contains("alice"), "{text}");
    let lines = lines(text.as_bytes());
    assert_eq!(lines[1]["subject"], lines[2]["subject"]);
}

#[test]
fn the_next_process_continues_and_reports_a_cut_line() {
    let disk = SharedBuffer::default();
    let open = || AuditLog::to_sink(Box::new(disk.clone()), key(), Settings::default(), TIME);
    open().unwrap().decide(&allowed(1)).unwrap();
    let whole = disk.contents();
    disk.clone().append(br#"{"v":1,"type":"dec"#).unwrap();
    let cut = verify([("log", &*disk.contents())], &key(), None).unwrap();
    assert_eq!(cut.findings.len(), 1);
    assert_eq!(cut.findings[0].kind, crate::FindingKind::Cut);
    let log = open().unwrap();
    log.decide(&allowed(1)).unwrap();
    let contents = disk.contents();
    assert!(contents.starts_with(&whole));
    let lines = lines(&contents);
    assert_eq!(lines[2]["type"], "start");
    assert_eq!(lines[2]["cut_bytes"], 18);
    assert_eq!(lines[2]["after_count"], 2);
    assert_eq!(lines[2]["after_mac"], lines[1]["mac"]);
    assert_eq!(
        (&lines[1]["id"], &lines[3]["id"]),
        (&"0-1".into(), &"2-1".into())
    );
    let result = checked(&contents, log.head());
    assert_eq!(result.findings, []);
    assert_eq!((result.starts, result.cut_before), (2, 1));
}

#[test]
fn nothing_is_appended_to_the_file_of_another_key_or_of_another_program() {
    let other = AuditKey::new(std::array::from_fn(|at| u8::try_from(at + 1).unwrap())).unwrap();
    let written = SharedBuffer::default();
    AuditLog::to_sink(Box::new(written.clone()), other, Settings::default(), TIME).unwrap();
    let changed = {
        let mut text = String::from_utf8(written.contents()).unwrap();
        text = text.replace("plain", "plein");
        text.into_bytes()
    };
    for contents in [
        written.contents(),
        changed,
        b"hello\n".to_vec(),
        b"hello".to_vec(),
    ] {
        let sink = SharedBuffer::default();
        sink.clone().append(&contents).unwrap();
        let opened = AuditLog::to_sink(Box::new(sink.clone()), key(), Settings::default(), TIME);
        assert!(matches!(opened, Err(OpenError::ForeignFile)));
        assert_eq!(sink.contents(), contents);
    }
}

fn refused(
    issuer: Option<&'static str>,
    time: u64,
    verdict: Verdict<'static>,
) -> Decision<'static> {
    Decision {
        issuer,
        subject: issuer,
        time,
        ..decision(1, verdict)
    }
}

fn denied(reason: &'static str) -> Verdict<'static> {
    Verdict::Denied {
        reason: Some(reason),
        detail: None,
        is_late: false,
    }
}

/// Otherwise a client without a token could fill the disk, and the log would refuse every caller.
#[test]
fn refusals_without_a_token_are_one_record_a_second() {
    let (log, disk) = log(OnFailure::Refuse);
    for time in TIME..TIME + 3 {
        for _ in 0..1000 {
            let reasons = ["no_token", "rate_limited", "no_token"];
            for reason in reasons {
                log.decide(&refused(None, time, denied(reason))).unwrap();
            }
        }
    }
    log.write_refusals(TIME + 3);
    log.decide(&allowed(2)).unwrap();
    let records = lines(&disk.contents.contents());
    let types: Vec<_> = records.iter().map(|line| line["type"].clone()).collect();
    let counted = "refused_unauthenticated";
    assert_eq!(
        types,
        ["start", counted, counted, counted, counted, "decision"]
    );
    let sum = |reason: &str| -> u64 {
        let counts = records.iter().map(|line| line["reasons"][reason].as_u64());
        counts.map(Option::unwrap_or_default).sum()
    };
    assert_eq!((sum("no_token"), sum("rate_limited")), (6000, 3000));
    assert_eq!(
        (&records[3]["since"], &records[3]["time"]),
        (&(TIME + 1).into(), &(TIME + 2).into())
    );
    let result = checked(&disk.contents.contents(), log.head());
    assert_eq!(result.findings, []);
    assert_eq!((result.counted_refusals, result.lost), (9000, 0));
}

/// A limit does not bound its own refusals. One decision a second names its caller; the others are
/// counted.
#[test]
fn repeated_refusals_of_callers_are_one_decision_and_one_count_a_second() {
    let (log, disk) = log(OnFailure::Refuse);
    let limited = Verdict::Repeatable {
        reason: Some("rate_limited"),
    };
    for time in TIME..TIME + 3 {
        for _ in 0..1000 {
            log.decide(&refused(Some("i"), time, limited)).unwrap();
        }
    }
    // The rate of callers limits refusals for a missing scope, so each one has a record.
    for _ in 0..5 {
        log.decide(&refused(Some("i"), TIME + 2, denied("missing_scope")))
            .unwrap();
    }
    drop(log);
    let records = lines(&disk.contents.contents());
    let of = |reason: &str| {
        records
            .iter()
            .filter(|line| line["reason"] == reason)
            .count()
    };
    assert_eq!((of("rate_limited"), of("missing_scope")), (3, 5));
    let counts = records
        .iter()
        .filter(|line| line["type"] == "refused_repeated");
    let counts: Vec<_> = counts.filter_map(|line| line["count"].as_u64()).collect();
    assert!(counts.len() <= 4, "{counts:?}");
    assert_eq!(counts.iter().sum::<u64>(), 2997);
}

#[test]
fn counted_refusals_survive_a_full_disk_and_the_end_of_the_log() {
    let (log, disk) = log(OnFailure::Refuse);
    disk.is_full.store(true, Ordering::SeqCst);
    for _ in 0..1000 {
        log.decide(&refused(None, TIME, denied("no_token")))
            .unwrap();
    }
    assert_eq!(disk.failures.load(Ordering::SeqCst), 1);
    disk.is_full.store(false, Ordering::SeqCst);
    drop(log);
    let records = lines(&disk.contents.contents());
    assert_eq!(records[1]["reasons"]["no_token"], 1000);
}
