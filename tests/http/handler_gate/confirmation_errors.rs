//! `confirm` with a question that does not fit the item of the handler.

use toolgate::{access, gate::HandlerGate};

use super::confirmation::{Notes, WRITE};

#[tokio::test]
async fn a_question_that_names_no_argument_is_a_start_error() {
    let config =
        toolgate::Config::new("https://notes.example/mcp").with_issuer("https://as.example");
    let built = HandlerGate::builder("notes")
        .without_banner()
        .tool("delete", WRITE.confirm("Delete {nr}?"))
        .tool("chat", WRITE.confirm("Chat {id?"))
        .tool("peek", access!(refused).confirm("{nothing}"))
        .prompt("letter", WRITE.confirm("Write to {whom}?"))
        .resource("notes://{id}", WRITE.confirm("Open {number}?"))
        .build(config.clone(), Notes::default())
        .await;
    let error = built.err().expect("an error").to_string();
    for part in [
        "`confirm` of the tool `delete` names the argument `nr`",
        "`confirm` of the tool `chat` names the argument `id?`",
        "`confirm` of the prompt `letter` names the argument `whom`",
        "`confirm` of the resource `notes://{id}` names the argument `number`",
    ] {
        assert!(error.contains(part), "{part}: {error}");
    }
    assert!(!error.contains("nothing"), "{error}");
    // The arguments of a handler that lists nothing are not known.
    let gate = HandlerGate::builder("notes")
        .without_banner()
        .tool("delete", WRITE.confirm("Delete {nr}?"))
        .build_unseen(config)
        .expect("it starts");
    assert_eq!(
        gate.access_table().to_string(),
        "tool delete: notes:write; confirmed by the user\n"
    );
}
