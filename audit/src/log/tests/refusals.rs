use super::*;

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
        reason_code: Some(reason),
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
    let limited = Verdict::Aggregated {
        reason_code: Some("rate_limited"),
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
            .filter(|line| line["reason_code"] == reason)
            .count()
    };
    assert_eq!((of("rate_limited"), of("missing_scope")), (3, 5));
    let counts = records
        .iter()
        .filter(|line| line["type"] == "refused_authenticated");
    let counts: Vec<_> = counts.filter_map(|line| line["count"].as_u64()).collect();
    // The log writes the first refusal of each second immediately, and the last count when it is
    // dropped.
    assert_eq!(counts, [1, 998, 999, 999]);
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
