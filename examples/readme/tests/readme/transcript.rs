//! Tests the transcript against the program that it names.

use reqwest::StatusCode;
use serde_json::Value;
use support::{
    client::HttpResponse,
    consenting_user::ConsentingUser,
    schema_formats::has_standard_formats,
    server_process::{Folder, Program, Serving},
};

use crate::{
    README,
    document::{blocks, section},
    shell::{Step, curl, steps, words},
};

/// The default address of the program. The test uses another port.
const SHOWN: &str = "127.0.0.1:8000";

#[tokio::test]
async fn the_transcript_is_what_happens() {
    let transcript = section(README, "## What a client sees");
    assert!(transcript.contains("`cargo run -p readme`"));
    let folder = Folder::new();
    let server = Program::new(env!("CARGO_BIN_EXE_readme"), &folder)
        .serve()
        .await;
    let here = server.address().to_string();
    let mut token = String::new();
    let mut statuses = Vec::new();
    for step in blocks(transcript, "console").flat_map(steps) {
        let command = step.command.replace(SHOWN, &here);
        if let Some(login) = command.strip_prefix("TOKEN=$(cargo run -p toolgate-cli -- login ") {
            let arguments = login.strip_suffix(" --print-token)").expect("its end");
            token = log_in(arguments, &server).await;
            continue;
        }
        let answer = HttpResponse::of(curl(&words(&command, &token))).await;
        compare(&step, &answer, &here);
        statuses.push(answer.status);
    }
    assert_eq!(statuses, [200, 401, 403, 200]);
}

#[tokio::test]
async fn every_schema_has_standard_formats_alone() {
    let folder = Folder::new();
    let program = Program::new(env!("CARGO_BIN_EXE_readme"), &folder);
    has_standard_formats(&program.serve().await).await;
}

/// Does the same as `toolgate login`, without a browser.
async fn log_in(arguments: &str, server: &Serving) -> String {
    let (url, scopes) = arguments.split_once(" --scope ").expect("a URL and scopes");
    assert_eq!(url, server.resource());
    let person = ConsentingUser {
        name: "ada",
        allows: scopes.trim_matches('\''),
    };
    person.log_in(url).await
}

/// Compares the status line, every shown header, and the whole body.
fn compare(step: &Step, answer: &HttpResponse, here: &str) {
    let shown = step.output.replace(SHOWN, here);
    let (head, body) = shown.split_once("\n\n").expect("a head and a body");
    let mut head = head.lines();
    let status = StatusCode::from_u16(answer.status).expect("a status");
    let first = format!("HTTP/1.1 {status}");
    assert_eq!(head.next(), Some(&*first), "{step:?} {answer:?}");
    let mut count = 0;
    for line in head {
        let (name, value) = line.split_once(": ").expect("a header");
        assert_eq!(answer.header(name), Some(value), "{name}");
        count += 1;
    }
    assert!(count > 0, "{step:?} shows no header");
    let body: Value = serde_json::from_str(body).expect("a body of JSON");
    assert_eq!(answer.json(), body);
}

/// Checks that the comparison finds a difference.
#[test]
#[should_panic(expected = "www-authenticate")]
fn a_header_that_is_not_sent_is_noticed() {
    let answer = HttpResponse {
        status: 401,
        headers: [].into(),
        text: "{}".to_owned(),
    };
    let output = "HTTP/1.1 401 Unauthorized\nwww-authenticate: Bearer\n\n{}\n".to_owned();
    let command = String::new();
    compare(&Step { command, output }, &answer, "");
}
