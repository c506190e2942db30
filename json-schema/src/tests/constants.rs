//! Choices of constants, and references to the whole schema.

use serde_json::{Map, Value, json};

use super::compile;
use crate::publish;

fn published(schema: Value) -> Value {
    let Value::Object(mut schema) = schema else {
        panic!("{schema} is not an object");
    };
    publish(&mut schema);
    Value::Object(schema)
}

#[test]
fn an_enum_with_documented_variants_is_a_list_of_values() {
    let documented = json!({
        "description": "How to sort.",
        "oneOf": [
            {"type": "string", "const": "newest", "description": "Newest first."},
            {"type": "string", "const": "oldest", "title": "Oldest first."},
            {"type": "string", "enum": ["best", "worst"]},
        ],
    });
    let values = json!({
        "description": "How to sort.\n\n- `newest`: Newest first.\n- `oldest`: Oldest first.",
        "type": "string", "enum": ["newest", "oldest", "best", "worst"],
    });
    assert_eq!(published(documented.clone()), values);
    let optional = json!({"anyOf": [documented, {"type": "null"}]});
    assert_eq!(
        published(json!({"properties": {"oneOf": optional}}))["properties"]["oneOf"],
        json!({
            "description": "How to sort.\n\n- `newest`: Newest first.\n- `oldest`: Oldest first.",
            "type": ["string", "null"], "enum": ["newest", "oldest", "best", "worst", null],
        })
    );
}

#[test]
fn what_is_merged_allows_the_same_values() {
    let values = [
        json!("a"),
        json!("b"),
        json!(1),
        json!(1.5),
        json!(2),
        json!(true),
        Value::Null,
        json!({"const": "a"}),
    ];
    for choice in [
        json!([{"const": "a"}, {"const": 1}, {"const": true}]),
        json!([{"type": "number", "const": 1}, {"const": 1.5}, {"type": "null"}]),
        json!([{"type": ["string", "null"], "enum": ["a", null]}, {"const": 2}]),
    ] {
        let schema = json!({"oneOf": choice});
        let merged = published(schema.clone());
        assert!(
            merged.get("oneOf").is_none() && merged.get("type").is_some(),
            "{merged}"
        );
        let (before, after) = (compile(&schema), compile(&merged));
        for value in &values {
            assert_eq!(
                before.is_valid(value),
                after.is_valid(value),
                "{merged} {value}"
            );
        }
    }
}

#[test]
fn a_choice_that_says_more_than_constants_stays() {
    for schema in [
        json!({"oneOf": [{"const": "a"}, {"type": "string", "minLength": 2}]}),
        json!({"oneOf": [{"const": "a", "format": "uri"}]}),
        json!({"oneOf": [{"const": "a"}, {"const": "a"}]}),
        json!({"oneOf": [{"const": "a"}], "enum": ["a", "b"]}),
        json!({"oneOf": [{"const": {"a": 1}}]}),
        json!({"anyOf": [{"type": "null"}]}),
        json!({"oneOf": [true, {"const": "a"}]}),
        json!({"oneOf": [{"const": "a", "enum": ["a"]}]}),
        json!({"const": {"oneOf": [{"const": "a"}]}}),
    ] {
        assert_eq!(published(schema.clone()), schema);
    }
}

#[test]
fn a_reference_to_the_whole_schema_points_to_a_definition() {
    let tree = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {"left": {"$ref": "#"}, "value": {"$ref": "#/$defs/Root"}},
        "$defs": {"Root": {"type": "integer"}},
        "required": ["value"],
    });
    let moved = published(tree.clone());
    assert_eq!(moved["properties"]["left"]["$ref"], "#/$defs/Root_");
    assert_eq!(
        moved["$defs"]["Root_"]["properties"]["left"]["$ref"],
        "#/$defs/Root_"
    );
    assert_eq!(moved["$defs"]["Root_"].get("$schema"), None);
    assert_eq!(moved["$defs"]["Root"], json!({"type": "integer"}));
    let (before, after) = (compile(&tree), compile(&moved));
    for value in [
        json!({"value": 1}),
        json!({"value": 1, "left": {"value": 2, "left": {"value": 3}}}),
        json!({"value": 1, "left": {"value": 2, "left": {}}}),
        json!({"value": 1, "left": {"value": "2"}}),
    ] {
        assert_eq!(before.is_valid(&value), after.is_valid(&value), "{value}");
    }
    // What is data stays.
    let data = json!({"default": {"$ref": "#"}, "properties": Map::new()});
    assert_eq!(published(data.clone()), data);
}
