//! Any single change of a log is found.

use std::time::Duration;

use proptest::{prelude::*, sample::Index};
use toolgate_audit::{
    AuditKey, AuditLog, Decision, FindingKind, Head, RunEnd, Settings, SharedBuffer, Sink, Verdict,
    verify,
};

fn key() -> AuditKey {
    AuditKey::new(std::array::from_fn(|at| u8::try_from(at).unwrap())).unwrap()
}

/// Writes a log of two processes, with this many calls each.
fn log(calls: u64) -> (Vec<u8>, Head) {
    let file = SharedBuffer::default();
    let mut head = None;
    for _ in 0..2 {
        let sink = Box::new(file.clone());
        let log = AuditLog::to_sink(sink, key(), Settings::default(), 1).unwrap();
        for id in 0..calls {
            let verdict = Verdict::Allowed { runs: true };
            let decision = Decision {
                issuer: Some("https://issuer.example"),
                subject: Some("alice"),
                item: Some("ping"),
                ..Decision::new(id, 1, "tools/call", verdict)
            };
            log.decide(&decision).unwrap();
            log.end(&RunEnd {
                id,
                time: 1,
                result: "ran",
                reason_code: None,
                duration: Duration::ZERO,
            });
        }
        head = Some(log.head());
    }
    (file.contents(), head.unwrap())
}

#[derive(Debug, Clone)]
enum Mutation {
    ChangeByte(Index, u8),
    InsertByte(Index, u8),
    RemoveByte(Index),
    RemoveLine(Index),
    RepeatLine(Index, Index),
    SwapLines(Index, Index),
    InsertForeignLine(Index, Index),
    Truncate(Index),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    use Mutation::*;
    let at = any::<Index>;
    prop_oneof![
        (at(), 1..=255_u8).prop_map(|(at, by)| ChangeByte(at, by)),
        (at(), any::<u8>()).prop_map(|(at, byte)| InsertByte(at, byte)),
        at().prop_map(RemoveByte),
        at().prop_map(RemoveLine),
        (at(), at()).prop_map(|(line, to)| RepeatLine(line, to)),
        (at(), at()).prop_map(|(one, other)| SwapLines(one, other)),
        (at(), at()).prop_map(|(line, to)| InsertForeignLine(line, to)),
        at().prop_map(Truncate),
    ]
}

fn mutated(log: &[u8], mutation: &Mutation) -> Vec<u8> {
    let mut bytes = log.to_vec();
    let mut lines: Vec<Vec<u8>> = log
        .split_inclusive(|&b| b == b'\n')
        .map(<[u8]>::to_vec)
        .collect();
    match mutation {
        Mutation::ChangeByte(at, by) => {
            let at = at.index(bytes.len());
            bytes[at] ^= by;
            return bytes;
        }
        Mutation::InsertByte(at, byte) => {
            bytes.insert(at.index(bytes.len() + 1), *byte);
            return bytes;
        }
        Mutation::RemoveByte(at) => {
            bytes.remove(at.index(bytes.len()));
            return bytes;
        }
        Mutation::Truncate(at) => {
            bytes.truncate(at.index(bytes.len()));
            return bytes;
        }
        Mutation::RemoveLine(at) => {
            lines.remove(at.index(lines.len()));
        }
        Mutation::RepeatLine(line, to) => {
            let line = lines[line.index(lines.len())].clone();
            lines.insert(to.index(lines.len() + 1), line);
        }
        Mutation::SwapLines(one, other) => {
            let (one, other) = (one.index(lines.len()), other.index(lines.len()));
            lines.swap(one, other);
        }
        Mutation::InsertForeignLine(line, to) => {
            let (foreign, _) = self::log(7);
            let foreign: Vec<_> = foreign.split_inclusive(|&b| b == b'\n').collect();
            let line = foreign[line.index(foreign.len())].to_vec();
            lines.insert(to.index(lines.len() + 1), line);
        }
    }
    lines.concat()
}

#[test]
fn an_unchanged_log_has_no_finding() {
    let (log, head) = log(5);
    let verified = verify([("log", &*log)], &key(), Some(head)).unwrap();
    assert_eq!(verified.findings, []);
    assert_eq!(verified.records, 22);
    assert_eq!(verified.head, Some(head));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_single_mutation_is_found(mutation in mutation()) {
        let (log, head) = log(5);
        let changed = mutated(&log, &mutation);
        let verified = verify([("log", &*changed)], &key(), Some(head)).unwrap();
        prop_assert_eq!(verified.findings.is_empty(), changed == log, "{:?}", mutation);
    }
}

#[test]
fn without_the_head_only_the_removal_of_whole_last_lines_is_not_found() {
    let (log, head) = log(2);
    let last = log[..log.len() - 1]
        .iter()
        .rposition(|&b| b == b'\n')
        .unwrap();
    let truncated = &log[..=last];
    let without = verify([("log", truncated)], &key(), None).unwrap();
    assert_eq!(without.findings, []);
    let with = verify([("log", truncated)], &key(), Some(head)).unwrap();
    assert_eq!(with.findings.len(), 1);
}

#[test]
fn another_key_verifies_no_line() {
    let (log, _) = log(2);
    let other = AuditKey::new(std::array::from_fn(|at| u8::try_from(at + 9).unwrap())).unwrap();
    let verified = verify([("log", &*log)], &other, None).unwrap();
    assert_eq!(verified.records, 0);
    assert_eq!(verified.findings.len(), 11, "ten lines, and no record");
}

#[test]
fn files_are_verified_in_their_order() {
    let (log, head) = log(3);
    let middle = log.iter().position(|&b| b == b'\n').unwrap() + 1;
    let (first, second) = log.split_at(middle);
    let whole = verify([("a", first), ("b", second)], &key(), Some(head)).unwrap();
    assert_eq!(whole.findings, []);
    for files in [vec![("b", second), ("a", first)], vec![("b", second)]] {
        let verified = verify(files, &key(), Some(head)).unwrap();
        assert!(!verified.findings.is_empty());
    }
}

#[test]
fn a_line_of_64_mib_is_not_read_as_a_record() {
    let endless = std::io::Read::take(std::io::repeat(b'x'), 64 << 20);
    let verified = verify([("log", endless)], &key(), None).unwrap();
    assert_eq!(verified.records, 0);
    assert_eq!(verified.findings[0].kind, FindingKind::NotARecord);
}

/// If lines are removed while no process runs, and a process continues the log, the latest head
/// matches.
#[test]
fn lines_that_were_removed_between_two_processes_are_found_with_an_earlier_head() {
    let file = SharedBuffer::default();
    let start = |time| {
        let sink = Box::new(file.clone());
        let log = AuditLog::to_sink(sink, key(), Settings::default(), time);
        log.unwrap().head()
    };
    let earliest = start(1);
    let kept = file.contents().len();
    let [before, _] = [start(2), start(3)];
    let removed = file.contents().len() - kept;
    file.clone().remove_end(removed as u64).unwrap();
    let after = start(4);
    let log = file.contents();
    let verified = |heads: &[Head]| verify([("log", &*log)], &key(), heads.to_vec()).unwrap();
    assert_eq!(verified(&[after]).findings, []);
    assert_eq!(verified(&[earliest, after]).findings, []);
    let found = verified(&[before, after]).findings;
    let missing = FindingKind::HeadMissing {
        expected: 2,
        found: 2,
    };
    assert_eq!((found.len(), found[0].kind), (1, missing));
}
