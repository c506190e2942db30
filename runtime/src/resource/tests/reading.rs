//! Reading: variables, results, errors, and nothing without an admission.

use super::*;

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Note,
    Picture,
}

#[derive(Clone, Default)]
struct Notes(Arc<std::sync::Mutex<Vec<String>>>);

impl Notes {
    fn log(&self, text: String) {
        self.0.lock().unwrap().push(text);
    }
}

/// One thing.
#[mcp_resource(
    uri = "notes://{kind}/{id}",
    scope = "read",
    mime_type = "text/markdown"
)]
async fn thing(
    State(notes): State<Notes>,
    id: u32,
    kind: Kind,
    caller: Caller,
) -> Result<String, ResourceError> {
    let who = caller.subject().unwrap_or("nobody").to_owned();
    notes.log(format!("{kind:?} {id} {who}"));
    match id {
        404 => Err(ResourceError::not_found()),
        500 => Err("x".parse::<u8>().unwrap_err())?,
        501 => Err(ToolError::new("it is locked"))?,
        666 => panic!("as the test asks"),
        id => Ok(format!("{kind:?} {id} of {who}")),
    }
}

/// Everything.
#[mcp_resource(uri = "notes://all", public)]
fn all() -> Json<Vec<u8>> {
    Json(vec![1, 2])
}

/// A file.
#[mcp_resource(uri = "file:///{+path}", authenticated, mime_type = "image/png")]
fn file(#[arg(rename = "path")] place: String) -> Option<Vec<u8>> {
    (place == "a/b.png").then(|| vec![0xff, 0x00])
}

/// Several parts.
#[mcp_resource(uri = "parts://all", authenticated)]
fn parts() -> Vec<ResourceContents> {
    vec![
        ResourceContents::text("one", "parts://1"),
        ResourceContents::blob("AA==", "parts://2"),
    ]
}

/// As rmcp has it.
#[mcp_resource(uri = "parts://kept", authenticated)]
fn kept() -> ReadResourceResult {
    let mut result = ReadResourceResult::new(vec![ResourceContents::text("one", "parts://1")]);
    result.ttl_ms = Some(60_000);
    result.cache_scope = Some(CacheScope::Public);
    result
}

fn notes() -> Shelf<Notes> {
    shelf(Notes::default(), resources![thing, all, file, parts, kept])
}

#[tokio::test]
async fn variables_are_arguments_by_their_names() {
    let notes = notes();
    assert_eq!(
        notes.text("notes://picture/7").await,
        ("Picture 7 of alice".to_owned(), "text/markdown".to_owned())
    );
    assert_eq!(
        notes.text("notes://all").await,
        ("[1,2]".to_owned(), "application/json".to_owned())
    );
}

#[tokio::test]
async fn what_cannot_be_meant_is_not_found_and_runs_nothing() {
    let notes = notes();
    for uri in [
        "notes://note/x",
        "notes://note/-1",
        "notes://Note/1",
        "notes://note/1e0",
    ] {
        let (code, message) = notes.error(uri).await;
        assert_eq!(code, ErrorCode::RESOURCE_NOT_FOUND, "{uri}: {message}");
    }
    assert!(notes.state.0.lock().unwrap().is_empty());
}

#[tokio::test]
async fn what_is_not_there_is_reported_with_its_uri() {
    let notes = notes();
    for uri in ["notes://note/404", "file:///a/c.png"] {
        let error = notes.read(uri).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::RESOURCE_NOT_FOUND);
        assert_eq!(error.data, Some(json!({ "uri": uri })));
    }
}

#[tokio::test]
async fn an_error_is_reported_by_its_own_text() {
    let notes = notes();
    for (uri, expected) in [
        ("notes://note/500", "invalid digit found in string"),
        ("notes://note/501", "it is locked"),
        (
            "notes://note/666",
            "it failed unexpectedly; this is an error in the server, not in the request",
        ),
    ] {
        let (code, message) = notes.error(uri).await;
        assert_eq!(code, ErrorCode::INTERNAL_ERROR, "{uri}");
        assert_eq!(message, expected);
    }
}

#[tokio::test]
async fn bytes_and_contents_are_taken_as_they_are() {
    let notes = notes();
    let result = notes.read("file:///a/b.png").await.unwrap();
    assert_eq!(
        result.contents,
        [ResourceContents::blob("/wA=", "file:///a/b.png").with_mime_type("image/png")]
    );
    let result = notes.read("parts://all").await.unwrap();
    assert_eq!(result.contents.len(), 2);
}

#[tokio::test]
async fn nobody_keeps_what_was_read_unless_its_author_says_so() {
    let notes = notes();
    let result = notes.read("notes://all").await.unwrap();
    assert_eq!(
        (result.ttl_ms, result.cache_scope),
        (Some(0), Some(CacheScope::Private))
    );
    let result = notes.read("parts://kept").await.unwrap();
    assert_eq!(
        (result.ttl_ms, result.cache_scope),
        (Some(60_000), Some(CacheScope::Public))
    );
}

#[tokio::test]
async fn an_admission_for_another_resource_reads_nothing() {
    let notes = notes();
    let of_all = notes.permit(Operation::ReadResource("notes://all"));
    let of_list = notes.permit(Operation::ListResources);
    let admitted = notes.permit(Operation::ReadResource("notes://note/1"));
    let thing = notes.admitted(&admitted);
    for other in [&of_all, &of_list] {
        let error = thing
            .respond(other, "notes://note/1", true, notes.call())
            .await
            .map_err(ErrorData::from)
            .unwrap_err();
        assert_eq!(error.message, "this request was not admitted");
    }
    // A URI that is none of the template's is not read by its admission either.
    let error = thing
        .respond(&admitted, "notes://all", true, notes.call())
        .await
        .map_err(ErrorData::from)
        .unwrap_err();
    assert_eq!(error.code, ErrorCode::RESOURCE_NOT_FOUND);
    assert!(notes.state.0.lock().unwrap().is_empty());
}

#[tokio::test]
async fn resources_stay_functions() {
    assert_eq!(all().0, [1, 2]);
    assert_eq!(file("a".to_owned()), None);
}
