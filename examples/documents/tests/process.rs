//! Tests `documents` as a client uses it.

use serde_json::json;
use support::{
    client::{Client, Revision},
    consenting_user::ConsentingUser,
    server_process::{Folder, Program},
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
