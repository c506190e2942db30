//! Tests `documents` as a client uses it.

use serde_json::json;
use support::{
    approving_user::{AskedPage, decide, opens_pages, sign_in},
    client::{Client, Revision},
    consenting_user::ConsentingUser,
    server_process::{Folder, Program},
    simulated_browser::Browser,
};

#[tokio::test]
async fn an_owner_writes_and_reads_and_others_are_refused() {
    let folder = Folder::new();
    let program = Program::new(env!("CARGO_BIN_EXE_documents"), &folder);
    let server = program.serve().await;
    for revision in [Revision::Stateless, Revision::Session("2025-11-25")] {
        let client = async |name| {
            let allows = "documents:read documents:write";
            let user = ConsentingUser { name, allows };
            let token = user.log_in(&server.resource()).await;
            let mut client = Client::new(server.resource(), revision).with_token(token);
            client.open().await;
            client
        };
        let (ada, bob) = (client("ada").await, client("bob").await);
        let written = ada.call("write_document", json!({"text": "Draft"})).await;
        let id = written.tool_text();
        let document = json!({"uri": format!("documents://{id}")});
        let read = ada.request("resources/read", document.clone()).await;
        assert!(read.text.contains("Draft"), "{read:?}");
        let refused = bob.request("resources/read", document).await;
        assert_eq!(
            (refused.status, refused.challenge()),
            (403, None),
            "{refused:?}"
        );
        assert!(refused.text.contains("ask_owner"), "{refused:?}");
        // The login of the development issuer is without a second factor unless it is asked for.
        let published = ada.call("publish_document", json!({"id": 1})).await;
        assert_eq!(published.status, 403, "{published:?}");
        assert!(published.text.contains("missing_role"), "{published:?}");
    }
}

#[tokio::test]
async fn an_editor_publishes_a_document_on_the_page_of_the_server() {
    let folder = Folder::new();
    let program = Program::new(env!("CARGO_BIN_EXE_documents"), &folder);
    let server = program.serve().await;
    let ada = ConsentingUser {
        name: "ada",
        allows: "documents:write",
    };
    let token = ada.log_in_with(&server.resource(), &[], &["editor"]).await;
    let client = Client::new(server.resource(), Revision::Stateless)
        .with_token(token.unwrap())
        .declaring(opens_pages());
    client
        .call("write_document", json!({"text": "Draft"}))
        .await;
    let publish = json!({"name": "publish_document", "arguments": {"id": 1}});
    for (decision, status) in [("decline", 403), ("approve", 200)] {
        let asked = AskedPage::of(&client.request("tools/call", publish.clone()).await);
        assert_eq!(asked.message, "Publish the document 1 for everybody?");
        let other = sign_in(&Browser::default(), &asked.url, "bob").await;
        assert!(!other.has_form(), "{other:?}");
        let page = decide(&asked.url, "ada", decision).await;
        assert!(page.text().contains("You have"), "{page:?}");
        let again = client.request("tools/call", asked.accepted(publish.clone()));
        let again = again.await;
        assert_eq!(again.status, status, "{again:?}");
        assert_eq!(again.text.contains("not_approved"), status == 403);
    }
}
