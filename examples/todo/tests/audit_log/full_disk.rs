//! A file that cannot grow, as on a full disk. A limit of the file size (`RLIMIT_FSIZE`) needs no
//! privileges. A rotation frees capacity.

use std::{fs, net::SocketAddr, time::Duration};

use serde_json::{Value, json};
use support::{
    client::Client,
    server_process::{Folder, Program, Serving, free_address},
};
use toolgate_audit::{AuditLog, Decision, Settings, Verdict, Verified};

use super::{KEY, client, key, records, say, verified};

/// The largest file, in the blocks of 512 bytes of POSIX. The database of `todo` is smaller.
const BLOCKS: u64 = 16_384;

/// The capacity for records at the start, in bytes.
const ROOM: u64 = 60_000;

/// The calls after the first record that cannot be written.
const CALLS_WITHOUT_ROOM: u64 = 50;

/// The method of the records that fill the file.
const FILLED: &str = "filled";

/// Writes a valid log that leaves little room below the limit.
fn fill(folder: &Folder) {
    let path = folder.path().join("audit.log");
    let log = AuditLog::open(&path, key(), Settings::default(), 1).expect("a log");
    let long = "x".repeat(250);
    let verdict = Verdict::Allowed { runs: false };
    for id in 1.. {
        let length = fs::metadata(&path).expect("a log").len();
        if length + ROOM > BLOCKS * 512 {
            break;
        }
        let decision = Decision {
            request_id: &long,
            subject: Some(&long),
            client: Some(&long),
            ..Decision::new(id, 1, FILLED, verdict)
        };
        log.decide(&decision).expect("written");
    }
}

/// Starts the server in a shell that sets the limit. With the default action of SIGXFSZ the process
/// would end.
fn program(folder: &Folder, address: SocketAddr, on_failure: &str) -> Program {
    let script = format!("trap '' XFSZ; ulimit -f {BLOCKS}; exec \"$0\"");
    Program::new("/bin/sh", folder)
        .args(&["-c", &script, env!("CARGO_BIN_EXE_todo")])
        .var("TOOLGATE_BIND", address.to_string())
        .var("TOOLGATE_AUDIT_FILE", "audit.log")
        .var("TOOLGATE_AUDIT_KEY", KEY)
        .var("TOOLGATE_AUDIT_ON_FAILURE", on_failure)
        .var("RUST_LOG", "info")
}

/// The answers that the clients got, and the records of the log.
struct Proof {
    /// The calls that ran, and those that got a 503.
    ran: u64,
    refused: u64,
    /// Whether a call was refused, or a record was lost, before the rotation.
    verified: Verified,
    records: Vec<Value>,
}

impl Proof {
    fn of_type(&self, record_type: &str) -> u64 {
        let all = self.records.iter();
        all.filter(|record| record["type"] == record_type && record["method"] != FILLED)
            .count() as u64
    }

    /// The decisions that let an item run.
    fn permitted(&self) -> u64 {
        let all = self.records.iter();
        all.filter(|record| record["runs"] == true).count() as u64
    }
}

/// Calls until the disk is full, then some more times, then after a rotation.
async fn prove(on_failure: &str) -> Proof {
    let folder = Folder::new();
    fill(&folder);
    let address = free_address();
    let server = program(&folder, address, on_failure).start();
    let server = server.listens_on(address).await;
    let ada = client(&server, "todo:read").await;
    let (mut ran, mut refused) = (0, 0);
    let full = "the audit log cannot be written";
    let mut without_room = 0;
    while without_room < CALLS_WITHOUT_ROOM {
        assert!(ran < 1000, "the disk is not full");
        call(&ada, &mut ran, &mut refused).await;
        if server.has_said(full) {
            without_room += 1;
        }
    }
    rotate(&folder, &server).await;
    for _ in 0..10 {
        call(&ada, &mut ran, &mut refused).await;
    }
    let ended = server.ended_by("TERM").await;
    let again = "the audit log can be written again";
    assert!(ended.stderr.contains(again), "{}", ended.stderr);
    let verified = verified(&folder, &["audit.log.1", "audit.log"]);
    assert_eq!(verified.findings, []);
    let mut all = records(&folder, "audit.log.1");
    all.extend(records(&folder, "audit.log"));
    Proof {
        ran,
        refused,
        verified,
        records: all,
    }
}

async fn call(ada: &Client, ran: &mut u64, refused: &mut u64) {
    let answer = ada.call("list_todos", json!({})).await;
    match answer.status {
        200 => *ran += 1,
        503 => *refused += 1,
        _ => panic!("{answer:?}"),
    }
}

async fn rotate(folder: &Folder, server: &Serving) {
    let path = |name| folder.path().join(name);
    fs::rename(path("audit.log"), path("audit.log.1")).expect("renamed");
    server.signalled("HUP");
    for _ in 0..200 {
        if path("audit.log").exists() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("there is no new file");
}

#[tokio::test]
async fn with_refuse_as_many_calls_run_as_have_records_on_a_full_disk() {
    let proof = prove("refuse").await;
    assert!(proof.refused >= CALLS_WITHOUT_ROOM - 1, "{}", proof.refused);
    assert_eq!(proof.permitted(), proof.ran);
    say(format!(
        "full disk, refuse: {} calls ran, {} decisions permit a run; {} calls were refused; {} findings",
        proof.ran,
        proof.permitted(),
        proof.refused,
        proof.verified.findings.len(),
    ));
}

#[tokio::test]
async fn with_continue_the_log_counts_each_record_that_a_full_disk_has_lost() {
    let proof = prove("continue").await;
    assert_eq!(proof.refused, 0);
    let written = proof.of_type("decision") + proof.of_type("run");
    // Each call has a decision and an outcome.
    assert_eq!(written + proof.verified.lost, 2 * proof.ran);
    assert!(proof.verified.lost >= 2 * (CALLS_WITHOUT_ROOM - 1));
    say(format!(
        "full disk, continue: {} calls ran; {written} records and {} counted as lost are {} of {}; {} findings",
        proof.ran,
        proof.verified.lost,
        written + proof.verified.lost,
        2 * proof.ran,
        proof.verified.findings.len(),
    ));
}
