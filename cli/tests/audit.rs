//! `toolgate audit verify`, as an operator runs it.

use std::fs;

use support::server_process::{Ended, Folder, Program};
use toolgate_audit::{AuditKey, AuditLog, Decision, Settings, Verdict};

const KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
const OTHER: &str = "MTEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// Writes a log of several decisions, and returns its head.
fn write_log(folder: &Folder, name: &str) -> String {
    folder.write("key", &format!("{KEY}\n"));
    folder.write("other", OTHER);
    let path = folder.path().join(name);
    let key = AuditKey::parse(KEY).expect("a key");
    let log = AuditLog::open(&path, key, Settings::default(), 1).expect("a log");
    for id in 0..5 {
        let decision = Decision {
            id,
            time: 1,
            request: "r",
            trace: None,
            session: None,
            issuer: None,
            subject: Some("alice"),
            client: None,
            actors: &[],
            method: "tools/call",
            item: Some("ping"),
            outcome: "admitted",
            needed: "",
            held: "",
            missing: "",
            verdict: Verdict::Allowed { runs: false },
        };
        log.decide(&decision).expect("written");
    }
    log.head().to_string()
}

async fn verify(folder: &Folder, arguments: &[&str]) -> Ended {
    let program = Program::new(env!("CARGO_BIN_EXE_toolgate"), folder);
    program
        .args(&["audit", "verify"])
        .args(arguments)
        .run()
        .await
}

#[tokio::test]
async fn a_complete_log_is_valid_and_only_a_head_verifies_its_end() {
    let folder = Folder::new();
    let head = write_log(&folder, "a.log");
    let ended = verify(&folder, &["a.log", "--key-file", "key", "--head", &head]).await;
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    assert!(
        ended.stdout.contains("6 records of 1 starts are valid"),
        "{ended:?}"
    );
    assert!(ended.stdout.contains(&head), "{ended:?}");
    let ended = verify(&folder, &["a.log", "--key-file", "key"]).await;
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    assert!(ended.stdout.contains("compare with --head"), "{ended:?}");
}

#[tokio::test]
async fn each_change_is_found_at_its_line() {
    let folder = Folder::new();
    let head = write_log(&folder, "a.log");
    let text = fs::read_to_string(folder.path().join("a.log")).expect("a log");
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let changed = text.replacen("alice", "mallory", 1);
    let removed = [&lines[..2], &lines[3..]].concat().concat();
    let repeated = [&lines[..3], &lines[2..]].concat().concat();
    let swapped = [&lines[..1], &[lines[2], lines[1]], &lines[3..]]
        .concat()
        .concat();
    let truncated = lines[..5].concat();
    let cut = text[..text.len() - 9].to_owned();
    for (log, finding) in [
        (changed, "b.log:2: the line was changed"),
        (removed, "b.log:3: record 3 is here and 2 should be"),
        (repeated, "b.log:4: record 2 is here and 3 should be"),
        (swapped, "b.log:2: record 2 is here and 1 should be"),
        (
            truncated,
            "b.log: the head names 6 records and the files have 5",
        ),
        (cut, "b.log:6: the last line is not complete"),
        (String::new(), "b.log: there is no record"),
    ] {
        folder.write("b.log", &log);
        let ended = verify(&folder, &["b.log", "--key-file", "key", "--head", &head]).await;
        assert_eq!(ended.status.code(), Some(1), "{finding} {ended:?}");
        assert!(ended.stdout.contains(finding), "{finding} {ended:?}");
    }
    let ended = verify(&folder, &["a.log", "--key-file", "other"]).await;
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    assert!(
        ended.stdout.contains("another key has written it"),
        "{ended:?}"
    );
}

/// The end of the log is removed while the server is down, and the server continues it.
#[tokio::test]
async fn only_the_head_before_a_start_shows_that_lines_were_removed_before_it() {
    let folder = Folder::new();
    let before = write_log(&folder, "a.log");
    let text = fs::read_to_string(folder.path().join("a.log")).expect("a log");
    let kept: String = text.split_inclusive('\n').take(3).collect();
    folder.write("a.log", &kept);
    let after = write_log(&folder, "a.log");
    let one = ["a.log", "--key-file", "key", "--head", &after];
    let ended = verify(&folder, &one).await;
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    assert!(ended.stdout.contains("repeat --head"), "{ended:?}");
    let both = [&one[..], &["--head", &before]].concat();
    let ended = verify(&folder, &both).await;
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    assert!(
        ended.stdout.contains("the head names 6 records"),
        "{ended:?}"
    );
    let valid = write_log(&folder, "b.log");
    let next = write_log(&folder, "b.log");
    let all = [
        "b.log",
        "--key-file",
        "key",
        "--head",
        &valid,
        "--head",
        &next,
    ];
    let ended = verify(&folder, &all).await;
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    assert!(!ended.stdout.contains("--head"), "{ended:?}");
}

#[tokio::test]
async fn an_unreadable_file_or_key_is_named_and_no_key_is_printed() {
    let folder = Folder::new();
    write_log(&folder, "a.log");
    folder.write("short", "c2VjcmV0LXRleHQ=");
    for (arguments, part) in [
        (&["none.log", "--key-file", "key"][..], "none.log"),
        (
            &["a.log", "--key-file", "none"],
            "the key file \"none\" cannot be read",
        ),
        (
            &["a.log", "--key-file", "short"],
            "is not the base64 of 32 bytes",
        ),
        (&["a.log", "--key-file", "key", "--head", "7"], "COUNT:MAC"),
        (&["a.log"], "--key-file"),
    ] {
        let ended = verify(&folder, arguments).await;
        assert_eq!(ended.status.code(), Some(2), "{ended:?}");
        assert!(ended.stderr.contains(part), "{part} {ended:?}");
        assert!(!ended.stderr.contains("c2VjcmV0"), "{ended:?}");
    }
}
