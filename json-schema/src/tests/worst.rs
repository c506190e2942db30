//! Values and schemas built to be expensive.

use serde_json::{Value, json};

use super::compile;
use crate::ValidationErrorKind;

/// A list in a list in a list.
fn nested(depth: usize, inner: Value) -> Value {
    (0..depth).fold(inner, |value, _| json!([value]))
}

#[test]
fn choices_that_double_with_each_level_are_given_up() {
    // Both branches descend to the end before they fail, at each level.
    let schema = compile(&json!({
        "$ref": "#/$defs/a",
        "$defs": {"a": {"anyOf": [
            {"type": "array", "items": {"$ref": "#/$defs/a"}},
            {"type": "array", "items": {"$ref": "#/$defs/a"}, "maxItems": 9},
        ]}},
    }));
    let value = nested(100, json!(1));
    assert!(!schema.is_valid(&value));
    let told = schema.errors(&value, 5);
    assert!(
        told.iter()
            .any(|error| error.kind == ValidationErrorKind::TooComplicated),
        "{told:?}"
    );
    // A few levels cost little.
    assert!(schema.is_valid(&nested(10, json!([]))));
    let told = schema.errors(&nested(5, json!(1)), 5);
    assert!(
        told.iter()
            .all(|error| error.kind != ValidationErrorKind::TooComplicated),
        "{told:?}"
    );
}

#[test]
fn a_check_that_is_given_up_is_not_turned_around_by_not() {
    let schema = compile(&json!({
        "not": {"$ref": "#/$defs/a"},
        "$defs": {"a": {"anyOf": [
            {"type": "array", "items": {"$ref": "#/$defs/a"}},
            {"type": "array", "items": {"$ref": "#/$defs/a"}, "maxItems": 9},
        ]}},
    }));
    assert!(!schema.is_valid(&nested(100, json!(1))));
    assert!(schema.is_valid(&nested(5, json!(1))));
}

#[test]
fn a_long_chain_of_schemas_at_each_level_does_not_end_the_stack() {
    // Each level of the value passes through many schemas.
    let mut definitions = serde_json::Map::new();
    for link in 0..40 {
        let next = json!({"allOf": [{"$ref": format!("#/$defs/{}", link + 1)}]});
        definitions.insert(link.to_string(), next);
    }
    definitions.insert(
        "40".to_owned(),
        json!({"items": {"$ref": "#/$defs/0"}, "properties": {"a": {"$ref": "#/$defs/0"}}}),
    );
    let schema = compile(&json!({"$ref": "#/$defs/0", "$defs": definitions}));
    assert!(schema.is_valid(&nested(5, json!(1))));
    let deep = nested(127, json!(1));
    assert!(!schema.is_valid(&deep));
    assert_eq!(
        schema.errors(&deep, 5)[0].kind,
        ValidationErrorKind::TooComplicated
    );
    let deep = (0..127).fold(json!(1), |value, _| json!({"a": value}));
    assert!(!schema.is_valid(&deep));
}

#[test]
fn an_ordinary_schema_reaches_the_deepest_value_that_a_body_can_have() {
    let schema = compile(&json!({
        "properties": {"a": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}},
        "allOf": [{"$ref": "#/$defs/b"}],
        "$defs": {"b": {"type": "object"}},
        "unevaluatedProperties": false,
    }));
    let value = |inner: Value| (0..127).fold(inner, |value, _| json!({"a": value}));
    assert!(schema.is_valid(&value(json!(null))));
    assert!(!schema.is_valid(&value(json!(1))));
}

#[test]
fn what_is_long_is_checked_and_what_is_absurdly_long_is_not() {
    let schema = compile(&json!({
        "items": {"type": "integer"}, "uniqueItems": true,
        "properties": {"text": {"type": "string", "pattern": "^(a|aa)+$", "minLength": 2}},
    }));
    let many: Vec<u32> = (0..100_000).collect();
    assert!(schema.is_valid(&json!(many)));
    assert!(schema.is_valid(&json!({"text": "a".repeat(100_000)})));
    assert!(!schema.is_valid(&json!(vec![0; 2_000_000])));
}
