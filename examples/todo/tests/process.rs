//! Tests `todo` as a user starts it at a terminal.

use std::net::SocketAddr;

use serde_json::{Value, json};
use support::{
    client::{Client, Revision},
    consenting_user::ConsentingUser,
    killed_server::kill_during_writes,
    schema_formats::has_standard_formats,
    server_process::{Folder, Program, Serving, free_address},
};

fn program(folder: &Folder) -> Program {
    Program::new(env!("CARGO_BIN_EXE_todo"), folder)
}

async fn serve(folder: &Folder, address: SocketAddr) -> Serving {
    let program = program(folder).var("TOOLGATE_BIND", address.to_string());
    program.start().listens_on(address).await
}

async fn client(server: &Serving, name: &str, allows: &str) -> Client {
    let token = ConsentingUser { name, allows }
        .log_in(&server.resource())
        .await;
    Client::new(server.resource(), Revision::Stateless).with_token(token)
}

/// Calls a tool that must succeed, and returns its structured content.
async fn done(client: &Client, tool: &str, arguments: Value) -> Value {
    let answer = client.call(tool, arguments).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(!answer.is_tool_error(), "{answer:?}");
    answer.json()["result"]["structuredContent"].clone()
}

const BOTH: &str = "todo:read todo:write";

#[tokio::test]
async fn a_list_is_read_refused_and_changed_by_scope() {
    let folder = Folder::new();
    let server = program(&folder).serve().await;
    let anonymous = Client::new(server.resource(), Revision::Stateless);
    assert_eq!(anonymous.call("ping", json!({})).await.tool_text(), "pong");
    let refused = anonymous.call("list_todos", json!({})).await;
    assert_eq!(refused.status, 401, "{refused:?}");
    let challenge = refused.challenge().expect("a challenge");
    assert_eq!(challenge.get("scope"), Some("todo:read"));

    let reader = client(&server, "ada", "todo:read").await;
    assert_eq!(
        done(&reader, "list_todos", json!({})).await,
        json!({"todos": []})
    );
    let milk = json!({"title": "Milk"});
    let refused = reader.call("add_todo", milk.clone()).await;
    assert_eq!(refused.status, 403, "{refused:?}");
    let challenge = refused.challenge().expect("a challenge");
    assert_eq!(challenge.get("scope"), Some(BOTH));

    let writer = client(&server, "ada", BOTH).await;
    let added = done(&writer, "add_todo", milk).await;
    assert_eq!(added, json!({"id": 1, "title": "Milk", "done": false}));
    let completed = done(&writer, "complete_todo", json!({"id": 1})).await;
    assert_eq!(completed["done"], true);
    let listed = done(&reader, "list_todos", json!({})).await;
    assert_eq!(listed, json!({"todos": [completed]}));
    done(&writer, "delete_todo", json!({"id": 1})).await;
    let gone = writer.call("delete_todo", json!({"id": 1})).await;
    assert!(gone.is_tool_error(), "{gone:?}");
    assert_eq!(gone.tool_text(), "there is no item 1 on your list");
}

#[tokio::test]
async fn everybody_has_a_list_of_their_own() {
    let folder = Folder::new();
    let server = program(&folder).serve().await;
    let ada = client(&server, "ada", BOTH).await;
    let bob = client(&server, "bob", BOTH).await;
    done(&ada, "add_todo", json!({"title": "Ada's"})).await;
    assert_eq!(
        done(&bob, "list_todos", json!({})).await,
        json!({"todos": []})
    );
    for tool in ["complete_todo", "delete_todo"] {
        let answer = bob.call(tool, json!({"id": 1})).await;
        assert!(answer.is_tool_error(), "{answer:?}");
    }
    let listed = done(&ada, "list_todos", json!({})).await;
    assert_eq!(listed["todos"][0]["title"], "Ada's");
    assert_eq!(listed["todos"][0]["done"], false);
}

/// SIGKILL during several writes: every acknowledged change must survive.
#[tokio::test]
async fn what_was_acknowledged_over_http_survives_a_kill() {
    let folder = Folder::new();
    let address = free_address();
    let mut acknowledged = Vec::new();
    for round in 0..3 {
        let server = serve(&folder, address).await;
        let ada = client(&server, "ada", BOTH).await;
        let write = move |title: String| {
            let ada = ada.clone();
            async move {
                let message = ada.message(
                    "tools/call",
                    json!({"name": "add_todo", "arguments": {"title": title}}),
                );
                let sent = ada.post(&message).body(message.to_string()).send().await;
                let Ok(answer) = sent else { return false };
                assert_eq!(answer.status(), 200);
                let Ok(text) = answer.text().await else {
                    return false;
                };
                assert!(text.contains(&title), "{text}");
                true
            }
        };
        acknowledged.extend(kill_during_writes(server, round, 20, write).await);
    }
    let server = serve(&folder, address).await;
    let ada = client(&server, "ada", "todo:read").await;
    let listed = done(&ada, "list_todos", json!({})).await;
    let titles: Vec<_> = listed["todos"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|todo| todo["title"].as_str())
        .collect();
    for title in &acknowledged {
        let times = titles.iter().filter(|one| *one == title).count();
        assert_eq!(times, 1, "{title}");
    }
}

#[tokio::test]
async fn its_scopes_are_printed_even_while_the_file_is_in_use() {
    let folder = Folder::new();
    let _server = program(&folder).serve().await;
    let ended = program(&folder).args(&["--print-scopes"]).run().await;
    assert!(ended.status.success(), "{ended:?}");
    assert_eq!(ended.stdout, "todo:read\ntodo:write\n");
    assert_eq!(ended.stderr, "");
}

#[tokio::test]
async fn what_it_declares_is_printed_and_no_secret_is() {
    let folder = Folder::new();
    let key = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
    folder.write(".env", "TOOLGATE_RESOURCE=https://todo.example.com/mcp\n");
    let print = async |argument: &str| {
        let program = program(&folder)
            .var(
                "TOOLGATE_AUTHORIZATION_SERVERS",
                "https://login.example.com",
            )
            .var("TOOLGATE_STATE_KEY", key)
            .args(&[argument]);
        let ended = program.run().await;
        assert!(ended.status.success(), "{argument}: {ended:?}");
        ended.stdout
    };
    let access = print("--print-access").await;
    assert_eq!(access, include_str!("../src/access.txt"));
    let metadata: Value = serde_json::from_str(&print("--print-metadata").await).expect("JSON");
    assert_eq!(metadata["resource"], "https://todo.example.com/mcp");
    assert_eq!(
        metadata["scopes_supported"],
        json!(["todo:read", "todo:write"])
    );
    let config = print("--print-config").await;
    for part in [
        "TOOLGATE_RESOURCE is \"https://todo.example.com/mcp\", from .env",
        "TOOLGATE_AUTHORIZATION_SERVERS is \"https://login.example.com\", from the process",
        "TOOLGATE_STATE_KEY is [redacted]",
    ] {
        assert!(config.contains(part), "{part}: {config}");
    }
    assert!(!config.contains(key), "{config}");
    assert!(!folder.path().join("todo.redb").exists());
}

#[tokio::test]
async fn a_configuration_file_has_settings_and_the_environment_takes_precedence() {
    let folder = Folder::new();
    folder.write(
        "todo.toml",
        "resource = \"https://todo.example.com/mcp\"\ndrain_seconds = 5\n\
         authorization_servers = [\"https://login.example.com\"]\n",
    );
    let print = |variables: &[(&str, &str)]| {
        let program = program(&folder).args(&["--print-config"]);
        let program = variables
            .iter()
            .fold(program, |program, (name, value)| program.var(name, value));
        async move { program.run().await }
    };
    // Without the variable no file is read.
    let ended = print(&[]).await;
    assert!(!ended.stdout.contains("todo.example.com"), "{ended:?}");
    let ended = print(&[
        ("TOOLGATE_CONFIG", "todo.toml"),
        ("TOOLGATE_DRAIN_SECONDS", "7"),
    ])
    .await;
    for part in [
        "resource                   https://todo.example.com/mcp",
        "issuers                    https://login.example.com",
        "drain_seconds              7",
        "TOOLGATE_RESOURCE is \"https://todo.example.com/mcp\", from the configuration file",
    ] {
        assert!(ended.stdout.contains(part), "{part}: {ended:?}");
    }
    folder.write("todo.toml", "resource = \"x\"\ndangerous_open = true\n");
    let ended = print(&[("TOOLGATE_CONFIG", "todo.toml")]).await;
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    let told = "line 2: the key \"dangerous_open\" is unknown";
    assert!(ended.stderr.contains(told), "{ended:?}");
}

#[tokio::test]
async fn a_second_server_on_the_same_file_is_refused_with_the_reason() {
    let folder = Folder::new();
    let _server = program(&folder).serve().await;
    let second = program(&folder).var("TOOLGATE_BIND", free_address().to_string());
    let ended = second.run().await;
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    assert!(ended.stderr.contains("another server uses it"), "{ended:?}");
}

#[tokio::test]
async fn every_error_is_reported_together_by_the_name_of_its_variable() {
    let folder = Folder::new();
    let ended = program(&folder)
        .var("TOOLGATE_BIND", "nonsense")
        .var("TODO_DATABASE", "no/such/folder/todo.redb")
        .run()
        .await;
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    for name in ["TOOLGATE_BIND", "TODO_DATABASE"] {
        assert!(ended.stderr.contains(name), "no {name}: {ended:?}");
    }
}

#[tokio::test]
async fn what_is_no_argument_is_an_error_that_says_what_is_one() {
    let folder = Folder::new();
    let help = program(&folder).args(&["--help"]).run().await;
    assert!(help.status.success(), "{help:?}");
    let ended = program(&folder).args(&["serve"]).run().await;
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    assert!(ended.stderr.contains(&help.stdout), "{ended:?}");
    assert!(!folder.path().join("todo.redb").exists());
}

#[tokio::test]
async fn every_schema_has_standard_formats_alone() {
    let folder = Folder::new();
    let server = program(&folder).serve().await;
    has_standard_formats(&server).await;
}
