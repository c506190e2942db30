//! The audit log of a real process: full disks, signals and kills.

use std::{
    fs,
    io::{self, Write},
    net::SocketAddr,
    time::Duration,
};

use serde_json::{Value, json};
use support::{
    client::{Client, HttpResponse, Revision},
    consenting_user::ConsentingUser,
    server_process::{Folder, Program, Serving, free_address},
};
use toolgate_audit::{AuditKey, Verified, verify};

#[cfg(target_os = "linux")]
#[path = "audit_log/full_disk.rs"]
mod full_disk;
#[path = "audit_log/kills.rs"]
mod kills;

const KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
const BOTH: &str = "todo:read todo:write";

fn program(folder: &Folder, address: SocketAddr) -> Program {
    Program::new(env!("CARGO_BIN_EXE_todo"), folder)
        .var("TOOLGATE_BIND", address.to_string())
        .var("TOOLGATE_AUDIT_FILE", "audit.log")
        .var("TOOLGATE_AUDIT_KEY", KEY)
        .var("RUST_LOG", "info")
}

async fn client(server: &Serving, allows: &str) -> Client {
    let user = ConsentingUser {
        name: "ada",
        allows,
    };
    let token = user.log_in(&server.resource()).await;
    Client::new(server.resource(), Revision::Stateless).with_token(token)
}

/// Adds an item in a request with this id.
async fn add(client: &Client, id: &str) -> Option<HttpResponse> {
    let add = json!({"name": "add_todo", "arguments": {"title": id}});
    let message = client.message("tools/call", add);
    let request = client.post(&message).header("x-request-id", id);
    let sent = request.body(message.to_string()).send().await.ok()?;
    let (status, text) = (sent.status(), sent.text().await.ok()?);
    // The client has the whole answer, so the call is acknowledged.
    assert_eq!(status, 200, "{text}");
    Some(HttpResponse {
        status: status.as_u16(),
        headers: Default::default(),
        text,
    })
}

/// Prints the figures of a proof, for `cargo xtask prove audit`.
fn say(figures: String) {
    let _ = writeln!(io::stdout(), "{figures}");
}

fn key() -> AuditKey {
    AuditKey::parse(KEY).expect("a key")
}

fn verified(folder: &Folder, files: &[&str]) -> Verified {
    let files = files.iter().map(|name| {
        let file = fs::File::open(folder.path().join(name)).expect("a log");
        (*name, file)
    });
    verify(files, &key(), None).expect("it can be read")
}

fn records(folder: &Folder, name: &str) -> Vec<Value> {
    let text = fs::read_to_string(folder.path().join(name)).expect("a log");
    let read = |line| serde_json::from_str(line).expect("JSON");
    text.lines().map(read).collect()
}

#[tokio::test]
async fn every_call_has_a_decision_and_an_outcome_and_the_log_has_no_secret() {
    let folder = Folder::new();
    let address = free_address();
    let server = program(&folder, address).start().listens_on(address).await;
    let ada = client(&server, BOTH).await;
    add(&ada, "first-1").await.expect("an answer");
    let reader = client(&server, "todo:read").await;
    assert_eq!(
        reader
            .call("add_todo", json!({"title": "secret-title"}))
            .await
            .status,
        403
    );
    let ended = server.ended_by("TERM").await;
    assert!(ended.stderr.contains("audit log head"), "{ended:?}");
    assert_eq!(verified(&folder, &["audit.log"]).findings, []);
    let records = records(&folder, "audit.log");
    let [start, decision, run, denial] = &records[..] else {
        panic!("{records:?}");
    };
    assert_eq!(start["type"], "start");
    assert_eq!(decision["request_id"], "first-1");
    assert_eq!(decision["item"], "add_todo");
    assert_eq!(decision["required_scopes"], "todo:write");
    assert_eq!(run["id"], decision["id"]);
    assert_eq!(run["result"], "ran");
    assert_eq!(denial["allowed"], false);
    assert_eq!(denial["reason_code"], "missing_scope");
    assert_eq!(denial["missing_scopes"], "todo:write");
    let text = fs::read_to_string(folder.path().join("audit.log")).expect("a log");
    for secret in ["secret-title", "eyJ", KEY] {
        assert!(!text.contains(secret), "{secret} {text}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let file = fs::metadata(folder.path().join("audit.log")).expect("a log");
        assert_eq!(file.permissions().mode() & 0o777, 0o600);
    }
}

/// Records of single refusals could fill the disk, and the server would then refuse every caller.
#[tokio::test]
async fn refusals_without_a_token_are_counted_and_every_count_is_written_at_the_end() {
    let folder = Folder::new();
    let address = free_address();
    let server = program(&folder, address).start().listens_on(address).await;
    let stranger = Client::new(server.resource(), Revision::Stateless);
    let garbage = stranger.clone().with_token("garbage");
    let ada = client(&server, BOTH).await;
    let begun = std::time::Instant::now();
    let message = ada.message("ping", json!({}));
    for _ in 0..100 {
        for client in [&stranger, &garbage] {
            assert_eq!(client.call("list_todos", json!({})).await.status, 401);
        }
        let foreign = stranger.post(&message).header("host", "evil.example");
        assert_eq!(HttpResponse::of(foreign).await.status, 403);
        // The caller is known, but no rate counts a message that cannot be read.
        let malformed = ada.post(&message).body("{");
        assert_eq!(HttpResponse::of(malformed).await.status, 400);
    }
    let seconds = usize::try_from(begun.elapsed().as_secs()).expect("a number");
    server.ended_by("TERM").await;
    assert_eq!(verified(&folder, &["audit.log"]).findings, []);
    let records = records(&folder, "audit.log");
    assert!(records.len() <= 3 * (seconds + 3), "{records:?}");
    let unread = records
        .iter()
        .filter(|record| record["method"] == "unreadable");
    for (reason, decisions) in [
        ("no_token", 0),
        ("invalid_token", 0),
        ("foreign_host", 0),
        ("rpc_error", unread.count() as u64),
    ] {
        let counts = records.iter().map(|record| &record["reasons"][reason]);
        let counts = counts.filter_map(Value::as_u64);
        let all = counts.sum::<u64>() + decisions;
        assert_eq!(all, 100, "{reason} {records:?}");
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_and_a_file_that_is_not_an_audit_log_stop_the_start() {
    let folder = Folder::new();
    let address = free_address();
    let full = program(&folder, address).var("TOOLGATE_AUDIT_FILE", "/dev/full");
    let ended = full.run().await;
    assert!(!ended.status.success(), "{ended:?}");
    assert!(ended.stderr.contains("/dev/full"), "{ended:?}");
    folder.write("audit.log", "not a record\n");
    let ended = program(&folder, address).run().await;
    assert!(!ended.status.success(), "{ended:?}");
    assert!(
        ended.stderr.contains("this key has not written"),
        "{ended:?}"
    );
}

/// `toolgate doctor` runs the program next to the server, with the same variables.
#[tokio::test]
async fn a_second_process_does_not_write_the_log_of_a_running_server() {
    let folder = Folder::new();
    let address = free_address();
    let server = program(&folder, address).start().listens_on(address).await;
    for argument in ["--print-metadata", "--print-config", "--print-scopes"] {
        let ended = program(&folder, address).args(&[argument]).run().await;
        assert!(ended.status.success(), "{argument}: {ended:?}");
        assert!(!ended.stdout.contains(KEY), "{argument}: {ended:?}");
    }
    let elsewhere = Folder::new();
    let file = folder.path().join("audit.log");
    let second = program(&elsewhere, free_address());
    let second = second.var("TOOLGATE_AUDIT_FILE", file.display().to_string());
    let second = second.run().await;
    assert!(!second.status.success(), "{second:?}");
    assert!(
        second.stderr.contains("another server writes it"),
        "{second:?}"
    );
    server.ended_by("TERM").await;
    assert_eq!(verified(&folder, &["audit.log"]).starts, 1);
}

#[cfg(unix)]
#[tokio::test]
async fn a_renamed_file_is_continued_by_a_new_one_after_sighup() {
    let folder = Folder::new();
    let address = free_address();
    let server = program(&folder, address).start().listens_on(address).await;
    let ada = client(&server, BOTH).await;
    add(&ada, "before").await.expect("an answer");
    let path = |name| folder.path().join(name);
    fs::rename(path("audit.log"), path("audit.log.1")).expect("renamed");
    add(&ada, "between").await.expect("an answer");
    server.signalled("HUP");
    for _ in 0..200 {
        if path("audit.log").exists() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    add(&ada, "after").await.expect("an answer");
    server.ended_by("TERM").await;
    let both = verified(&folder, &["audit.log.1", "audit.log"]);
    assert_eq!(both.findings, []);
    let new = records(&folder, "audit.log");
    assert_eq!(new[0]["type"], "rotated");
    assert_eq!(new[1]["request_id"], "after");
    assert_eq!(
        new[0]["after_mac"],
        records(&folder, "audit.log.1").last().expect("a record")["mac"]
    );
    // The second file alone says that records precede it; the wrong order is found.
    assert_eq!(
        verified(&folder, &["audit.log"]).continues_from,
        new[0]["seq"].as_u64()
    );
    assert!(
        !verified(&folder, &["audit.log", "audit.log.1"])
            .findings
            .is_empty()
    );
}
