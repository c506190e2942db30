//! The limits of answers: pages of lists, and the size of a tool's result.

use serde_json::{Value, json};
use support::{
    client::{Client, Revision},
    resources_and_prompts,
    running_server::RunningServer,
    tool_server::{self, Runs},
    unsigned_tokens::{ISSUER, UnsignedVerifier},
};
use toolgate::{Config, Context, Server, gate::Visibility, mcp_tool, tools};

use crate::client;

async fn start_with_pages_of(items: usize, visibility: Visibility) -> RunningServer {
    let server = resources_and_prompts::add_all(tool_server::server(&Runs::default()));
    let server = server.with_page_size(items).with_visibility(visibility);
    RunningServer::start(server, |config| config.with_issuer(ISSUER)).await
}

/// Requests every page of a list. Returns the pages, each as its names.
async fn pages(alice: &Client, method: &str, list: &str, name: &str) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut params = json!({});
    loop {
        let answer = alice.request(method, params).await;
        let result = &answer.json()["result"];
        let items = result[list].as_array().expect("a list");
        let text = |item: &Value| item[name].as_str().expect("a name").to_owned();
        pages.push(items.iter().map(text).collect());
        match result.get("nextCursor") {
            None => return pages,
            Some(cursor) => params = json!({"cursor": cursor}),
        }
    }
}

#[tokio::test]
async fn a_long_list_has_pages_in_every_revision() {
    let whole = start_with_pages_of(1_000, Visibility::All).await;
    let paged = start_with_pages_of(2, Visibility::All).await;
    for revision in Revision::ALL {
        let one = client(&whole, revision, "").await;
        let many = client(&paged, revision, "").await;
        for (method, list, name) in [
            ("tools/list", "tools", "name"),
            ("prompts/list", "prompts", "name"),
            ("resources/list", "resources", "uri"),
            (
                "resources/templates/list",
                "resourceTemplates",
                "uriTemplate",
            ),
        ] {
            let all = pages(&one, method, list, name).await;
            assert_eq!(all.len(), 1, "{method}");
            let parts = pages(&many, method, list, name).await;
            assert_eq!(parts.len(), all[0].len().div_ceil(2), "{method}: {parts:?}");
            assert!(
                parts.iter().all(|part| (1..=2).contains(&part.len())),
                "{parts:?}"
            );
            assert_eq!(parts.concat(), all[0], "{revision:?} {method}");
        }
    }
}

#[tokio::test]
async fn the_pages_of_a_list_by_grant_hide_what_the_list_hides() {
    let running = start_with_pages_of(1, Visibility::Granted).await;
    for revision in Revision::ALL {
        let reader = client(&running, revision, "desk:read").await;
        let seen = pages(&reader, "tools/list", "tools", "name").await.concat();
        assert_eq!(seen, ["echo", "explode", "ping", "read", "slow", "whoami"]);
        // The cursor of a caller who sees more.
        let writer = client(&running, revision, "desk:read desk:write").await;
        let mut params = json!({});
        for _ in 0..4 {
            let answer = writer.request("tools/list", params).await.json();
            params = json!({"cursor": answer["result"]["nextCursor"]});
        }
        assert_eq!(
            reader.request("tools/list", params).await.json()["error"]["code"],
            -32602
        );
    }
}

#[tokio::test]
async fn a_cursor_that_no_page_has_is_refused() {
    let running = start_with_pages_of(2, Visibility::All).await;
    for revision in Revision::ALL {
        let alice = client(&running, revision, "").await;
        let prompts = alice.request("prompts/list", json!({})).await.json();
        let foreign = prompts["result"]["nextCursor"].clone();
        for cursor in [json!(""), json!("echo"), json!("2"), foreign] {
            let answer = alice.request("tools/list", json!({"cursor": cursor})).await;
            let error = &answer.json()["error"];
            assert_eq!(error["code"], -32602, "{revision:?} {answer:?}");
            let message = error["message"].as_str().expect("a message");
            assert!(message.contains("nextCursor"), "{message}");
        }
        let none = alice.request("tools/list", json!({"cursor": null})).await;
        assert_eq!(
            none.json()["result"]["tools"].as_array().map(Vec::len),
            Some(2)
        );
    }
}

#[test]
fn a_page_without_items_and_a_form_with_a_nested_field_prevent_the_start() {
    #[derive(schemars::JsonSchema)]
    #[expect(dead_code, reason = "its schema alone counts")]
    struct Nested {
        inner: Vec<Vec<u8>>,
    }
    let server = tool_server::server(&Runs::default())
        .with_page_size(0)
        .form::<Nested>();
    let config = Config::new("http://127.0.0.1:8000/mcp").with_issuer(ISSUER);
    let error = server.into_router(config).expect_err("it must not start");
    let told = error.to_string();
    for part in ["page size of lists is 0", "`Nested`", "`inner`"] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

/// Repeats.
#[mcp_tool(public)]
fn fast(times: usize) -> String {
    "a".repeat(times)
}

/// Repeats, on the slow path.
#[mcp_tool(public)]
fn slow(times: usize, _context: Context) -> String {
    "a".repeat(times)
}

#[tokio::test]
async fn a_result_beyond_the_limit_is_a_tool_error_in_every_execution_path() {
    for sessions in [true, false] {
        let server = Server::new("repeat")
            .tools(tools![fast, slow])
            .with_verifier(UnsignedVerifier)
            .with_result_limit(1_000);
        let server = if sessions {
            server
        } else {
            server.without_sessions()
        };
        let running = RunningServer::start(server, |config| config.with_issuer(ISSUER)).await;
        for revision in Revision::ALL {
            let alice = client(&running, revision, "").await;
            for tool in ["fast", "slow"] {
                let answer = alice.call(tool, json!({"times": 800})).await;
                assert_eq!(answer.tool_text().len(), 800, "{revision:?} {answer:?}");
                let answer = alice.call(tool, json!({"times": 1_000})).await;
                assert!(answer.is_tool_error(), "{revision:?} {answer:?}");
                let told = answer.tool_text();
                assert!(told.contains("more than 1000 bytes"), "{told}");
            }
        }
    }
}
