use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::Value;

use super::*;
use crate::{SharedBuffer, event::Verdict, verify};

mod actors;
mod batches;
mod refusals;
mod waiting;

const TIME: u64 = 1_800_000_000;

fn key() -> AuditKey {
    AuditKey::new(std::array::from_fn(|at| u8::try_from(at).unwrap())).unwrap()
}

fn decision(id: u64, verdict: Verdict<'static>) -> Decision<'static> {
    Decision {
        session: Some("s"),
        issuer: Some("https://issuer.example"),
        subject: Some("alice"),
        item: Some("ping"),
        required_scopes: &"a b",
        token_scopes: &"a",
        ..Decision::new(id, TIME, "tools/call", verdict)
    }
}

fn allowed(id: u64) -> Decision<'static> {
    decision(id, Verdict::Allowed { runs: true })
}

fn ended(id: u64) -> RunEnd<'static> {
    RunEnd {
        id,
        time: TIME,
        result: "ran",
        reason_code: None,
        duration: Duration::from_micros(3),
    }
}

fn lines(contents: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(contents).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// A sink that returns an error and writes nothing while `is_full` is set. It has a new file after
/// each `reopen`.
#[derive(Clone, Default)]
struct Disk {
    contents: SharedBuffer,
    earlier: SharedBuffer,
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

    fn reopen(&mut self) -> io::Result<bool> {
        let all = self.contents.contents();
        self.earlier.append(&all)?;
        self.contents.remove_end(all.len() as u64)?;
        Ok(true)
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
            reason_code: Some("audit_unavailable"),
            detail: None,
            is_late: false,
        };
        log.decide(&decision(id, denied)).unwrap();
    }
    assert!(log.is_failing() && log.status().failure.is_some());
    disk.is_full.store(false, Ordering::SeqCst);
    log.decide(&allowed(7)).unwrap();
    assert!(!log.is_failing());
    assert_eq!(log.status().failure, None);
    let lines = lines(&disk.contents.contents());
    let runs = lines.iter().filter(|line| line["runs"] == true);
    assert_eq!(runs.count(), 2, "as many as have run");
    // The denials that could not be written.
    assert_eq!(log.status().lost, 5);
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
        of("decision") + of("run") + usize::try_from(lost).unwrap(),
        2 * runs + 1
    );
    assert_eq!(lost, log.status().lost);
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
    let [start, decision, run] = &lines[..] else {
        panic!("{lines:?}");
    };
    assert_eq!(start["type"], "start");
    assert_eq!(start["after_count"], 0);
    assert_eq!(decision["id"], "0-1");
    assert_eq!(decision["required_scopes"], "a b");
    assert_eq!(decision["subject"], "alice");
    assert_ne!(decision["session"], "s");
    assert_eq!(decision["missing_scopes"], Value::Null);
    assert_eq!(run["id"], decision["id"]);
    assert_eq!(run["result"], "ran");
    assert_eq!(run["duration_us"], 3);
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
            request_id: text,
            issuer: Some(text),
            subject: Some(text),
            client: Some(text),
            method: text,
            item: Some(text),
            required_scopes: &text,
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

#[test]
fn the_decision_of_a_user_has_a_record_without_the_id_of_its_page() {
    let (log, disk) = log(OnFailure::Refuse);
    let decision = UserDecision {
        time: TIME,
        item: "tool delete",
        channel: "page",
        answer: "approved",
        question: "secret-id",
        issuer: Some("https://issuer.example"),
        subject: Some("alice"),
    };
    log.user_decided(&decision);
    disk.is_full.store(true, Ordering::SeqCst);
    log.user_decided(&decision);
    assert_eq!(log.status().lost, 1);
    let text = String::from_utf8(disk.contents.contents()).unwrap();
    assert!(!text.contains("secret-id"), "{text}");
    let record = &lines(text.as_bytes())[1];
    for (member, value) in [
        ("type", "user_decision"),
        ("item", "tool delete"),
        ("channel", "page"),
        ("answer", "approved"),
        ("issuer", "https://issuer.example"),
        ("subject", "alice"),
    ] {
        assert_eq!(record[member], value, "{text}");
    }
    assert_eq!(record["question"].as_str().map(str::len), Some(32));
}

/// Otherwise nothing shows that no line between the two files was removed.
#[test]
fn a_new_file_begins_with_its_record_after_a_full_disk() {
    for has_writes in [true, false] {
        let (log, disk) = log(OnFailure::Continue);
        log.decide(&allowed(1)).unwrap();
        disk.is_full.store(true, Ordering::SeqCst);
        assert!(log.reopen(TIME + 1).unwrap());
        assert!(log.is_failing());
        if has_writes {
            log.decide(&allowed(2)).unwrap();
            log.end(&ended(2));
        }
        disk.is_full.store(false, Ordering::SeqCst);
        if has_writes {
            log.decide(&allowed(3)).unwrap();
        }
        let expected = log.status().lost;
        drop(log);
        let (earlier, new) = (disk.earlier.contents(), disk.contents.contents());
        let lines = lines(&new);
        assert_eq!(lines[0]["type"], "rotated", "{lines:?}");
        if has_writes {
            assert_eq!(lines[1]["type"], "lost");
            assert_eq!(lines[2]["id"], "0-3");
        }
        let both = [("a", &*earlier), ("b", &*new)];
        let verified = verify(both, &key(), None).unwrap();
        assert_eq!(verified.findings, []);
        assert_eq!(verified.lost, expected);
        let alone = verify([("b", &*new)], &key(), None).unwrap();
        assert_eq!((alone.findings, alone.continues_from), (vec![], Some(2)));
    }
}
