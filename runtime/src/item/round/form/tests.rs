//! What a form publishes, and which types are none.

use std::collections::HashSet;

use super::*;

/// How fast.
#[derive(JsonSchema, PartialEq, Eq, Hash)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "its schema alone counts")]
enum Speed {
    /// Two days.
    Slow,
    Fast,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "its schema alone counts")]
enum Plain {
    A,
    B,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "its schema alone counts")]
struct Order {
    /// Street and number.
    street: String,
    /// Floor, if any.
    floor: Option<u8>,
    speed: Speed,
    /// A second one.
    other: Option<Speed>,
    plain: Option<Plain>,
    #[serde(default)]
    note: Option<String>,
    all: Vec<Plain>,
    some: Option<HashSet<Speed>>,
}

fn published<A: JsonSchema>() -> Value {
    serde_json::to_value(form_of::<A>().unwrap()).unwrap()
}

#[test]
fn an_optional_field_can_be_left_empty() {
    let form = published::<Order>();
    assert_eq!(form["required"], json!(["street", "speed", "all"]));
    let fields = &form["properties"];
    assert_eq!(
        fields["floor"],
        json!({"type": "integer", "minimum": 0, "maximum": 255, "description": "Floor, if any."})
    );
    assert_eq!(fields["note"], json!({"type": "string"}));
}

#[test]
fn the_docs_of_variants_are_titles() {
    let fields = &published::<Order>()["properties"];
    let choices =
        json!([{"const": "fast", "title": "fast"}, {"const": "slow", "title": "Two days."}]);
    let sorted = |field: &str, keyword: &str| {
        let mut choices = fields[field][keyword].as_array().unwrap().clone();
        choices.sort_by_key(|choice| choice["const"].to_string());
        Value::from(choices)
    };
    assert_eq!(fields["speed"]["type"], "string");
    assert_eq!(sorted("speed", "oneOf"), choices);
    assert_eq!(sorted("other", "oneOf"), choices);
    assert_eq!(fields["other"]["description"], "A second one.");
    assert_eq!(
        fields["plain"],
        json!({"type": "string", "enum": ["A", "B"]})
    );
    assert_eq!(
        fields["all"]["items"],
        json!({"type": "string", "enum": ["A", "B"]})
    );
    let mut items = fields["some"]["items"]["anyOf"].as_array().unwrap().clone();
    items.sort_by_key(|choice| choice["const"].to_string());
    assert_eq!(Value::from(items), choices);
}

#[test]
fn a_type_that_is_no_form_is_named_with_its_fields() {
    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "its schema alone counts")]
    struct Nested {
        name: String,
        inner: Vec<Vec<u8>>,
        order: Option<Box<Order>>,
        any: Value,
    }
    let told = check_form::<Nested>().unwrap_err();
    for part in ["`Nested`", "`inner` of type", "`order`", "`any`"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(!told.contains("`name`"), "{told}");
    for told in [
        check_form::<Value>(),
        check_form::<String>(),
        check_form::<Speed>(),
    ] {
        assert!(told.unwrap_err().contains("not a struct with named fields"));
    }
}
