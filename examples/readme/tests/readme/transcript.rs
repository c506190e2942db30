//! Tests the transcripts against the programs that they name.

use reqwest::StatusCode;
use serde_json::{Map, Value};
use support::{
    client::{Client, HttpResponse, Revision},
    consenting_user::ConsentingUser,
    schema_formats::has_standard_formats,
    server_process::{Folder, Program, Serving},
};

use crate::{
    FIRST_SERVER, README,
    document::{blocks, section},
    shell::{Step, curl, steps, words},
};

/// The default address of the program. The test uses another port.
const SHOWN: &str = "127.0.0.1:8000";

#[tokio::test]
async fn the_transcript_is_what_happens() {
    let transcript = section(FIRST_SERVER, "## What a client sees");
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
        if let Some(login) = command.strip_prefix("TOKEN=$(toolgate login ") {
            let arguments = login.strip_suffix(')').expect("a closing parenthesis");
            let arguments = words(arguments, "");
            let [url, option, scopes, print] = &arguments[..] else {
                panic!("{arguments:?}");
            };
            assert_eq!([&**option, &**print], ["--scope", "--print-token"]);
            token = log_in(url, scopes, &server).await;
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

/// Runs the three lines of the README: a 401, a sign-in and a result.
#[tokio::test]
async fn the_lines_of_the_readme_are_what_happens() {
    let folder = Folder::new();
    let server = Program::new(env!("CARGO_BIN_EXE_hello"), &folder)
        .serve()
        .await;
    let here = server.address().to_string();
    let shown = blocks(README, "console").next().expect("a transcript");
    let steps = steps(shown);
    let [refused, called] = &steps[..] else {
        panic!("{steps:?}");
    };
    let command = words(&refused.command.replace(SHOWN, &here), "");
    let answer = HttpResponse::of(curl(&command)).await;
    compare(refused, &answer, &here);
    assert_eq!(answer.status, 401);
    let command = words(&called.command.replace(SHOWN, &here), "");
    let [program, call, url, tool, option, argument] = &command[..] else {
        panic!("{command:?}");
    };
    assert_eq!(
        [&**program, &**call, &**option],
        ["toolgate", "call", "--arg"]
    );
    let challenge = answer.challenge().expect("a challenge");
    let scopes = challenge.get("scope").expect("scopes");
    let client = Client::new(url.clone(), Revision::Stateless)
        .with_token(log_in(url, scopes, &server).await);
    let (name, value) = argument.split_once('=').expect("a name and a value");
    let arguments = Map::from_iter([(name.to_owned(), Value::from(value))]);
    let answer = client.call(tool, arguments.into()).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.tool_text(), called.output.trim_end());
}

/// Does the same as `toolgate login`, without a browser.
async fn log_in(url: &str, allows: &str, server: &Serving) -> String {
    assert_eq!(url, server.resource());
    let person = ConsentingUser {
        name: "ada",
        allows,
    };
    person.log_in(url).await
}

/// Compares the status line, every shown header, and the whole body if one is shown.
fn compare(step: &Step, answer: &HttpResponse, here: &str) {
    let shown = step.output.replace(SHOWN, here);
    let (head, body) = shown.split_once("\n\n").unwrap_or((&shown, ""));
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
    if !body.is_empty() {
        let body: Value = serde_json::from_str(body).expect("a body of JSON");
        assert_eq!(answer.json(), body);
    }
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
