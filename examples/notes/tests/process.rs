//! Tests `notes` as a client uses it.

use std::{
    io::Write,
    process::{Command, Stdio},
    time::Duration,
};

use serde_json::{Value, json};
use support::{
    client::{Client, Revision},
    consenting_user::ConsentingUser,
    schema_formats::has_standard_formats,
    server_process::{Folder, Program, Serving},
};

async fn serve(folder: &Folder) -> Serving {
    Program::new(env!("CARGO_BIN_EXE_notes"), folder)
        .serve()
        .await
}

async fn client(server: &Serving, revision: Revision, allows: &str) -> Client {
    let name = "ada";
    let token = ConsentingUser { name, allows }
        .log_in(&server.resource())
        .await;
    let mut client = Client::new(server.resource(), revision).with_token(token);
    client.open().await;
    client
}

/// The result of a request that must succeed.
async fn result(client: &Client, method: &str, params: Value) -> Value {
    let answer = client.request(method, params).await;
    let result = answer.json()["result"].clone();
    assert!(result.is_object(), "{answer:?}");
    result
}

async fn text_of(client: &Client, uri: &str) -> String {
    let read = result(client, "resources/read", json!({"uri": uri})).await;
    let text = read["contents"][0]["text"].as_str();
    text.expect("a text").to_owned()
}

#[tokio::test]
async fn notes_are_read_summed_up_and_written_by_scope() {
    let folder = Folder::new();
    let server = serve(&folder).await;
    let anonymous = Client::new(server.resource(), Revision::Stateless);
    let refused = anonymous
        .request("resources/read", json!({"uri": "notes://all"}))
        .await;
    assert_eq!(refused.status, 401, "{refused:?}");
    let challenge = refused.challenge().expect("a challenge");
    assert_eq!(challenge.get("scope"), Some("notes:read"));
    for revision in [Revision::Stateless, Revision::Session("2025-11-25")] {
        let reader = client(&server, revision, "notes:read").await;
        assert!(text_of(&reader, "notes://1").await.starts_with("# Bread"));
        let completed = json!({
            "ref": {"type": "ref/resource", "uri": "notes://{number}"},
            "argument": {"name": "number", "value": ""},
        });
        let completed = result(&reader, "completion/complete", completed).await;
        assert_eq!(completed["completion"]["values"][0], "1");
        let prompt = json!({"name": "sum_up", "arguments": {"number": "1"}});
        let prompt = result(&reader, "prompts/get", prompt).await;
        let message = prompt["messages"][0]["content"]["text"].to_string();
        assert!(message.contains("Flour"), "{message}");
        let write = json!({"number": 2, "text": "Soup"});
        let refused = reader.call("write_note", write.clone()).await;
        assert_eq!(refused.status, 403, "{refused:?}");
        let writer = client(&server, revision, "notes:read notes:write").await;
        assert!(!writer.call("write_note", write).await.is_tool_error());
        assert_eq!(
            text_of(&reader, "notes://all").await,
            "notes://1 # Bread\nnotes://2 Soup\n"
        );
    }
}

#[tokio::test]
async fn a_subscriber_of_a_note_is_notified_when_it_is_written() {
    let folder = Folder::new();
    let server = serve(&folder).await;
    let revision = Revision::Session("2025-11-25");
    let reader = client(&server, revision, "notes:read").await;
    let subscription = json!({"uri": "notes://1"});
    result(&reader, "resources/subscribe", subscription).await;
    let stream = reader
        .plain(reqwest::Method::GET)
        .header("accept", "text/event-stream");
    let mut stream = stream.send().await.expect("a stream");
    let writer = client(&server, revision, "notes:read notes:write").await;
    let write = json!({"number": 1, "text": "Bread again"});
    assert!(!writer.call("write_note", write).await.is_tool_error());
    let mut output = String::new();
    let reading = async {
        while !output.contains("notifications/resources/updated") {
            let chunk = stream.chunk().await.expect("a stream");
            output += &String::from_utf8_lossy(&chunk.expect("an open stream"));
        }
    };
    tokio::time::timeout(Duration::from_secs(10), reading)
        .await
        .expect("a notification");
    assert!(output.contains("notes://1"), "{output}");
    assert_eq!(text_of(&reader, "notes://1").await, "Bread again");
}

#[tokio::test]
async fn every_schema_has_standard_formats_alone() {
    let folder = Folder::new();
    let server = serve(&folder).await;
    has_standard_formats(&server).await;
}

#[test]
fn a_host_that_starts_the_program_reads_and_writes_notes() {
    let folder = Folder::new();
    let mut child = Command::new(env!("CARGO_BIN_EXE_notes"))
        .arg("--stdio")
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let opened = json!({
        "protocolVersion": "2025-11-25", "capabilities": {},
        "clientInfo": {"name": "host", "version": "1"},
    });
    let write = json!({"name": "write_note", "arguments": {"number": 1, "text": "Soup"}});
    let mut input = child.stdin.take().expect("a pipe");
    for (id, method, params) in [
        (1, "initialize", opened),
        (2, "tools/call", write),
        (3, "tools/list", json!({})),
    ] {
        let message = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        writeln!(input, "{message}").expect("it is read");
    }
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{output:?}");
    let lines = String::from_utf8(output.stdout).expect("it is text");
    let answers: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("a message"))
        .collect();
    assert_eq!(answers.len(), 3, "{lines}");
    let answer = |id: u32| answers.iter().find(|answer| answer["id"] == id);
    let written = answer(2).expect("an answer");
    assert_ne!(written["result"]["isError"], true, "{written}");
    assert!(written.get("error").is_none(), "{written}");
    let listed = answer(3).expect("an answer");
    assert_eq!(listed["result"]["tools"][0]["name"], "write_note");
}
