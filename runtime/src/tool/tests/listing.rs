use rmcp::model::{Icon, IconTheme};

use super::*;
use crate::scope::Scope;

const WRITE: &str = "list:write";

mod scopes {
    use crate::scope::Scope;

    pub(super) const READ: Scope = Scope::new("list:read");
}

/// Deletes an entry.
///
/// It cannot be had back:
/// - not by hand,
///   not by a backup.
#[mcp_tool(
    scopes = [scopes::READ, WRITE],
    name = "list.delete",
    title = "Delete",
    destructive,
    idempotent = true,
    read_only = false,
    open_world = false,
    icons = ["https://example.com/a.png", Icon::new("data:image/png;base64,AA==").with_theme(IconTheme::Dark)],
    meta = json!({"example.com/cost": 3}),
    step_up
)]
async fn delete() {}

#[mcp_tool(any_scope = ["a", [scopes::READ, "b"]], description = "Said here.")]
/// Said there.
fn either() {}

#[doc = concat!("Made ", "of parts.")]
/// And a line.
#[mcp_tool(authenticated)]
fn r#type(r#in: String) -> String {
    r#in
}

#[derive(Serialize, JsonSchema)]
struct Weather {
    /// Degrees Celsius.
    temperature: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    wind: Option<String>,
}

/// The weather.
#[mcp_tool(public)]
fn weather() -> Result<Json<Weather>, ToolError> {
    Ok(Json(Weather {
        temperature: 21.5,
        wind: None,
    }))
}

#[derive(Serialize, JsonSchema)]
#[serde(tag = "kind")]
#[expect(dead_code, reason = "described only")]
enum Shape {
    Circle { r: f64 },
    Square { a: f64 },
}

/// A shape.
#[mcp_tool(public)]
fn shape() -> Json<Shape> {
    Json(Shape::Circle { r: 1.0 })
}

/// Some names.
#[mcp_tool(public)]
fn names() -> Json<Vec<String>> {
    Json(vec!["a".into()])
}

fn all() -> Desk<()> {
    desk((), tools![weather, shape, names, either, delete, r#type])
}

#[test]
fn the_listing_says_what_the_attribute_says() {
    let listed = serde_json::to_value(all().tool("list.delete").listing()).unwrap();
    assert_eq!(
        listed,
        json!({
            "name": "list.delete",
            "title": "Delete",
            "description": "Deletes an entry.\n\nIt cannot be had back:\n- not by hand,\n  not by a backup.",
            "inputSchema": {"type": "object", "properties": {}, "additionalProperties": false},
            "annotations": {"readOnlyHint": false, "destructiveHint": true, "idempotentHint": true, "openWorldHint": false},
            "icons": [{"src": "https://example.com/a.png"}, {"src": "data:image/png;base64,AA==", "theme": "dark"}],
            "_meta": {
                "example.com/cost": 3,
                "securitySchemes": [{"type": "oauth2", "scopes": ["list:read", "list:write"]}],
            },
        })
    );
}

#[test]
fn what_is_not_said_is_not_listed() {
    let listed = serde_json::to_value(all().tool("either").listing()).unwrap();
    assert_eq!(
        listed,
        json!({
            "name": "either",
            "description": "Said here.",
            "inputSchema": {"type": "object", "properties": {}, "additionalProperties": false},
            "_meta": {"securitySchemes": [
                {"type": "oauth2", "scopes": ["a"]},
                {"type": "oauth2", "scopes": ["list:read", "b"]},
            ]},
        })
    );
    let made = all();
    let made = made.tool("type").listing();
    assert_eq!(
        made.description.as_deref(),
        Some("Made of parts.\n And a line.")
    );
    assert!(made.input_schema["properties"].get("in").is_some());
}

#[test]
fn the_requirement_is_what_the_attribute_says() {
    const A: Scope = Scope::new("a");
    const B: Scope = Scope::new("b");
    const W: Scope = Scope::new("list:write");
    let desk = all();
    for (tool, expected) in [
        ("list.delete", Requirement::Scopes(&[&[scopes::READ, W]])),
        ("either", Requirement::Scopes(&[&[A], &[scopes::READ, B]])),
        ("type", Requirement::Authenticated),
        ("weather", Requirement::Public),
    ] {
        assert_eq!(desk.tool(tool).requirement(), expected, "{tool}");
    }
    assert!(desk.tool("list.delete").is_step_up());
    assert!(!desk.tool("either").is_step_up());
}

#[test]
fn the_order_of_registration_does_not_matter() {
    let names: Vec<String> = all()
        .tools
        .iter()
        .map(|tool| tool.name().to_owned())
        .collect();
    assert_eq!(
        names,
        ["either", "list.delete", "names", "shape", "type", "weather"]
    );
    let other: Vec<String> = desk((), tools![r#type, delete, names, either, shape, weather])
        .tools
        .iter()
        .map(|tool| tool.name().to_owned())
        .collect();
    assert_eq!(names, other);
}

#[test]
fn two_tools_of_one_name_do_not_start() {
    let told = faults::<()>(tools![weather, either, weather]);
    assert!(told.contains("two tools are named `weather`"), "{told}");
}

#[test]
fn meta_that_is_no_object_does_not_start() {
    /// Odd.
    #[mcp_tool(public, meta = json!([1]))]
    fn odd() {}
    /// Twice.
    #[mcp_tool(public, meta = json!({"securitySchemes": []}))]
    fn twice() {}
    let told = faults::<()>(tools![odd, twice]);
    assert!(told.contains("`meta` of the tool `odd`"), "{told}");
    assert!(told.contains("`meta` of the tool `twice`"), "{told}");
}

#[test]
fn a_description_that_turns_out_empty_does_not_start() {
    #[doc = concat!("", "")]
    #[mcp_tool(public)]
    #[expect(clippy::empty_docs, reason = "what is tested")]
    fn silent() {}
    let told = faults::<()>(tools![silent]);
    assert!(told.contains("`silent` has no description"), "{told}");
}

#[tokio::test]
async fn structured_results_have_a_schema_and_a_text() {
    let desk = all();
    let listed = serde_json::to_value(desk.tool("weather").listing()).unwrap();
    assert_eq!(listed["outputSchema"]["type"], "object");
    assert_eq!(listed["outputSchema"]["required"], json!(["temperature"]));
    assert_eq!(
        listed["outputSchema"]["properties"]["temperature"]["description"],
        "Degrees Celsius."
    );
    let result = desk.call("weather", json!({})).await;
    assert_eq!(
        result.structured_content,
        Some(json!({"temperature": 21.5}))
    );
    assert_eq!(text(&result), r#"{"temperature":21.5}"#);

    // Every shape is an object, which older revisions want to read at the top.
    let listed = serde_json::to_value(desk.tool("shape").listing()).unwrap();
    assert_eq!(listed["outputSchema"]["type"], "object");
    // What is none stays what it is; rmcp keeps it from older clients.
    let listed = serde_json::to_value(desk.tool("names").listing()).unwrap();
    assert_eq!(listed["outputSchema"]["type"], "array");
}
