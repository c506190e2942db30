//! Resources behind the gate, in every revision.

use serde_json::{Value, json};
use support::{
    client::{Client, HttpResponse, Revision},
    resources_and_prompts,
    running_server::RunningServer,
    tool_server::{self, Runs},
    unsigned_tokens::ISSUER,
};
use toolgate::{Server, gate::Visibility, mcp_resource, resources, scopes};

use crate::client;

scopes! {
    /// What a token for the tool server can allow.
    mod scope {
        /// Read.
        READ = "desk:read",
    }
}

async fn start(server: Server<Runs>) -> RunningServer {
    RunningServer::start(server, |config| config.with_issuer(ISSUER)).await
}

async fn server_with_all() -> (RunningServer, Runs) {
    let runs = Runs::default();
    let running = start(resources_and_prompts::add_all(tool_server::server(&runs))).await;
    (running, runs)
}

async fn read(client: &Client, uri: &str) -> HttpResponse {
    client.request("resources/read", json!({"uri": uri})).await
}

/// Returns the URIs of a list.
async fn listed(client: &Client, method: &str, list: &str, uri: &str) -> Vec<String> {
    let answer = client.request(method, json!({})).await;
    let items = answer.json()["result"][list].clone();
    let text = |item: &Value| item[uri].as_str().expect("a text").to_owned();
    items
        .as_array()
        .unwrap_or_else(|| panic!("{answer:?}"))
        .iter()
        .map(text)
        .collect()
}

async fn resources_of(client: &Client) -> Vec<String> {
    listed(client, "resources/list", "resources", "uri").await
}

async fn templates_of(client: &Client) -> Vec<String> {
    let method = "resources/templates/list";
    listed(client, method, "resourceTemplates", "uriTemplate").await
}

/// Returns the error code of a revision for an unknown resource.
fn not_found(revision: Revision) -> i64 {
    match revision {
        Revision::Stateless => -32602,
        Revision::Session(_) => -32002,
    }
}

#[tokio::test]
async fn a_resource_requires_its_scope() {
    let (running, runs) = server_with_all().await;
    for revision in Revision::ALL {
        runs.forget();
        let reader = client(&running, revision, "desk:read").await;
        let answer = read(&reader, "desk://read").await;
        assert_eq!(answer.status, 200, "{revision:?} {answer:?}");
        let result = &answer.json()["result"];
        let expected = json!([{
            "uri": "desk://read", "mimeType": "text/plain", "text": "read resource ran",
        }]);
        assert_eq!(result["contents"], expected);
        if revision == Revision::Stateless {
            // The contents may depend on the caller.
            assert_eq!(result["cacheScope"], "private");
        }
        let refused = read(&reader, "desk://both/7").await;
        assert_eq!(refused.status, 403, "{refused:?}");
        let challenge = refused.challenge().expect("a challenge");
        assert_eq!(challenge.get("scope"), Some("desk:read desk:write"));
        assert_eq!(runs.all(), ["read resource"]);
        let writer = client(&running, revision, "desk:read desk:write").await;
        let answer = read(&writer, "desk://both/7").await;
        let text = &answer.json()["result"]["contents"][0]["text"];
        assert_eq!(text, "number 7", "{answer:?}");
        let who = read(&writer, "desk://whoami").await.json();
        assert_eq!(who["result"]["contents"][0]["text"], "alice");
    }
}

#[tokio::test]
async fn a_missing_resource_is_reported_only_with_a_token() {
    let (running, runs) = server_with_all().await;
    for revision in Revision::ALL {
        let writer = client(&running, revision, "desk:read desk:write").await;
        for uri in [
            "desk://none",
            "desk://both/a",
            "desk://both/300",
            "desk://both/",
            "other://read",
            "not a uri",
            "",
        ] {
            let answer = read(&writer, uri).await;
            assert_eq!(answer.status, 200, "{revision:?} {uri} {answer:?}");
            let error = &answer.json()["error"];
            assert_eq!(error["code"], not_found(revision), "{uri} {answer:?}");
            assert_eq!(error["data"]["uri"], uri, "{answer:?}");
        }
        let anonymous = Client::new(running.resource(), revision);
        let answer = read(&anonymous, "desk://none").await;
        assert_eq!(answer.status, 401, "{answer:?}");
        let challenge = answer.challenge().expect("a challenge");
        assert_eq!(challenge.get("scope"), Some("desk:read"));
    }
    // Only the one that returns "not found" itself was run.
    assert_eq!(runs.all(), ["both resource"; Revision::ALL.len()]);
}

/// Narrower resources are inside the range of a wide template. However a URI is written, it is
/// read under its own rule or not at all.
#[tokio::test]
async fn no_spelling_of_a_uri_bypasses_its_scope() {
    let runs = Runs::default();
    let running = start(resources_and_prompts::add_with_wide_template(
        tool_server::server(&runs),
    ))
    .await;
    for revision in [Revision::Stateless, Revision::Session("2025-11-25")] {
        let reader = client(&running, revision, "desk:read").await;
        for guarded in ["desk://write", "desk://both/7", "desk://either/a/b"] {
            assert_eq!(read(&reader, guarded).await.status, 403, "{guarded}");
        }
        for (uri, data) in [
            ("desk://%77rite", true),
            ("desk://writ%65", true),
            ("desk://write/", true),
            ("desk:///../write", true),
            ("desk://./write", true),
            ("desk://x/../write", true),
            ("desk://x/%2e%2e/write", true),
            ("desk://x/%2E%2E%2Fwrite", true),
            ("desk://both%2f7", true),
            ("desk://both%2F7", true),
            ("desk://bot%68/7", true),
            ("desk://both//7", true),
            ("desk://both/7/", true),
            ("desk://both\\7", true),
            ("desk://both%5c7", true),
            ("desk://either/..%2fwrite", true),
            ("desk://either%2fa", true),
            ("desk://%65ither/a", true),
            ("desk://either//a", false),
            ("desk://a%00b", true),
            ("desk://a%", true),
            ("desk://a%ff", true),
        ] {
            let answer = read(&reader, uri).await;
            if !data {
                // It matches the guarded template, whose rule refuses it.
                assert_eq!(answer.status, 403, "{uri} {answer:?}");
                continue;
            }
            let error = &answer.json()["error"];
            assert_eq!(error["code"], not_found(revision), "{uri} {answer:?}");
        }
        assert_eq!(runs.all(), [""; 0]);
        // Case matters: these are other resources, and match the wide template.
        for uri in [
            "desk://Write",
            "desk://elsewhere",
            "desk://a%20b",
            "desk://50%25",
        ] {
            let answer = read(&reader, uri).await;
            assert!(answer.json()["result"].is_object(), "{uri} {answer:?}");
        }
        assert_eq!(runs.all(), ["rest resource"; 4]);
        runs.forget();
        let shouted = read(&reader, "DESK://read").await;
        assert_eq!(shouted.json()["error"]["code"], not_found(revision));
        assert_eq!(runs.all(), [""; 0]);
    }
}

#[tokio::test]
async fn the_lists_name_all_items_and_their_cacheability() {
    let (running, runs) = server_with_all().await;
    let open =
        start(resources_and_prompts::add_all(tool_server::server(&runs)).with_open_handshake())
            .await;
    for revision in Revision::ALL {
        let alice = client(&running, revision, "").await;
        let resources = [
            "desk://open",
            "desk://read",
            "desk://whoami",
            "desk://write",
        ];
        assert_eq!(resources_of(&alice).await, resources, "{revision:?}");
        let templates = ["desk://both/{id}", "desk://either/{+path}"];
        assert_eq!(templates_of(&alice).await, templates);
        let mut anonymous = Client::new(open.resource(), revision);
        anonymous.open().await;
        assert_eq!(resources_of(&anonymous).await, resources);
        assert_eq!(templates_of(&anonymous).await, templates);
        let answer = alice.request("resources/list", json!({})).await;
        let result = &answer.json()["result"];
        let schemes = &result["resources"][1]["_meta"]["securitySchemes"];
        let expected = json!([{"type": "oauth2", "scopes": ["desk:read"]}]);
        assert_eq!(*schemes, expected, "{answer:?}");
        if revision == Revision::Stateless {
            assert_eq!(result["cacheScope"], "private");
            assert_eq!(result["ttlMs"], 60_000);
        }
        let next = json!({"cursor": "2"});
        let answer = alice.request("resources/list", next).await;
        assert_eq!(answer.json()["error"]["code"], -32602, "{answer:?}");
    }
}

#[tokio::test]
async fn a_list_by_grant_leaks_nothing_and_reads_still_step_up() {
    let server = resources_and_prompts::add_all(tool_server::server(&Runs::default()));
    let running = start(server.with_visibility(Visibility::Granted)).await;
    for revision in Revision::ALL {
        let reader = client(&running, revision, "desk:read").await;
        let seen = ["desk://open", "desk://read", "desk://whoami"];
        assert_eq!(resources_of(&reader).await, seen, "{revision:?}");
        assert_eq!(templates_of(&reader).await, [""; 0]);
        assert_eq!(read(&reader, "desk://write").await.status, 403);
        let writer = client(&running, revision, "desk:write").await;
        assert_eq!(templates_of(&writer).await, ["desk://either/{+path}"]);
    }
}

#[tokio::test]
async fn only_existing_capabilities_are_announced() {
    let runs = Runs::default();
    for (server, has) in [
        (tool_server::server(&runs), false),
        (
            resources_and_prompts::add_all(tool_server::server(&runs)),
            true,
        ),
    ] {
        let running = start(server.with_open_handshake()).await;
        for revision in Revision::ALL {
            let mut anonymous = Client::new(running.resource(), revision);
            let answer = anonymous.initialize().await;
            let capabilities = &answer.json()["result"]["capabilities"];
            assert!(capabilities["tools"].is_object(), "{answer:?}");
            for capability in ["resources", "prompts", "completions"] {
                let is_there = capabilities[capability].is_object();
                assert_eq!(is_there, has, "{capability} {answer:?}");
            }
            assert!(capabilities["resources"]["subscribe"].is_null());
        }
        let client = client(&running, Revision::Stateless, "desk:read").await;
        for method in ["resources/list", "resources/templates/list", "prompts/list"] {
            let answer = client.request(method, json!({})).await;
            assert_eq!(answer.status, if has { 200 } else { 404 }, "{method}");
        }
    }
}

#[tokio::test]
async fn the_metadata_and_the_page_list_resources_and_prompts() {
    let runs = Runs::default();
    let server = Server::with_state("shelf", runs.clone())
        .with_verifier(support::unsigned_tokens::UnsignedVerifier)
        .without_banner();
    let running = start(resources_and_prompts::add_protected(server)).await;
    let client = Client::new(running.resource(), Revision::Stateless);
    let document = client
        .get(&running.url("/.well-known/oauth-protected-resource"))
        .await;
    let supported = &document.json()["scopes_supported"];
    assert_eq!(*supported, json!(["desk:admin", "desk:read", "desk:write"]));
    let page = client.get(&running.url("/docs")).await.text;
    for output in ["5 prompts, 5 resources", "desk://both/{id}", "What to say."] {
        assert!(page.contains(output), "{output}: {page}");
    }
    // The baseline contains only scopes that need no step-up.
    let answer = client.request("resources/list", json!({})).await;
    let challenge = answer.challenge().expect("a challenge");
    assert_eq!(challenge.get("scope"), Some("desk:read"));
}

#[tokio::test]
async fn completion_of_variables_requires_access_to_the_resource() {
    let (running, runs) = server_with_all().await;
    for revision in Revision::ALL {
        runs.forget();
        let complete = |template: &str, variable: &str, value: &str| {
            json!({
                "ref": {"type": "ref/resource", "uri": template},
                "argument": {"name": variable, "value": value},
            })
        };
        let writer = client(&running, revision, "desk:read desk:write").await;
        let ids = complete("desk://both/{id}", "id", "7");
        let answer = writer.request("completion/complete", ids.clone()).await;
        let completion = &answer.json()["result"]["completion"];
        assert_eq!(completion["values"], json!(["7", "70"]), "{answer:?}");
        let unknown = complete("desk://both/{id}", "none", "7");
        let answer = writer.request("completion/complete", unknown).await;
        let completion = &answer.json()["result"]["completion"];
        assert_eq!(completion["values"], json!([]), "{answer:?}");
        assert_eq!(runs.all(), ["ids"]);
        let reader = client(&running, revision, "desk:read").await;
        let answer = reader.request("completion/complete", ids).await;
        assert_eq!(answer.status, 403, "{answer:?}");
        // A concrete URI of a template is not the template's name.
        for template in ["desk://both/7", "desk://none/{id}", "desk://both/{ID}"] {
            let answer = complete(template, "id", "7");
            let answer = reader.request("completion/complete", answer).await;
            assert_eq!(answer.json()["error"]["code"], -32602, "{answer:?}");
        }
        assert_eq!(runs.all(), ["ids"]);
    }
}

#[tokio::test]
async fn all_registration_errors_are_reported_together() {
    /// Once.
    #[mcp_resource(uri = "desk://a/{x}", scope = "desk:raed")]
    fn once(x: String) -> String {
        x
    }

    /// Twice.
    #[mcp_resource(uri = "desk://a/{y}", scope = "desk:read")]
    fn twice(y: String) -> String {
        y
    }

    let server = Server::with_state("desk", Runs::default())
        .resources(resources![once, twice, twice])
        .scope_implies("desk:root", ["desk:wirte"])
        .declared_scopes(scope::ALL);
    let output = start(server).await.start_error().await.to_string();
    for failure in [
        "`desk://a/{y}` is never read",
        "two resources have the URI `desk://a/{y}`",
        "desk:raed",
        "desk:wirte",
    ] {
        assert!(output.contains(failure), "{failure}: {output}");
    }
}
