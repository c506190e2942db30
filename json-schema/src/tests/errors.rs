//! The messages about a refused value.

use serde_json::{Value, json};

use super::compile;
use crate::{ValidationError, ValidationErrorKind};

#[track_caller]
pub(super) fn told(schema: Value, value: Value) -> Vec<(String, String)> {
    let text = |error: ValidationError| match error.kind {
        ValidationErrorKind::Rule { keyword, text } => (error.path, format!("{keyword}: {text}")),
        other => (error.path, format!("{other:?}")),
    };
    compile(&schema)
        .errors(&value, 9)
        .into_iter()
        .map(text)
        .collect()
}

pub(super) fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(path, text): &(&str, &str)| ((*path).to_owned(), (*text).to_owned());
    list.iter().map(owned).collect()
}

#[test]
fn every_rule_says_what_it_wants() {
    for (rule, value, expected) in [
        (
            json!({"enum": ["a", 1]}),
            json!(2),
            "enum: it is not one of \"a\", 1",
        ),
        (json!({"const": "a"}), json!(2), "const: it is not \"a\""),
        (
            json!({"minimum": 1}),
            json!(0),
            "minimum: it is less than the minimum of 1",
        ),
        (
            json!({"maximum": 1.5}),
            json!(2),
            "maximum: it is greater than the maximum of 1.5",
        ),
        (
            json!({"exclusiveMinimum": 1}),
            json!(1),
            "exclusiveMinimum: it is not greater than 1",
        ),
        (
            json!({"exclusiveMaximum": 1}),
            json!(1),
            "exclusiveMaximum: it is not less than 1",
        ),
        (
            json!({"multipleOf": 0.1}),
            json!(0.25),
            "multipleOf: it is not a multiple of 0.1",
        ),
        (
            json!({"minLength": 1}),
            json!(""),
            "minLength: it is shorter than 1 character",
        ),
        (
            json!({"maxLength": 2}),
            json!("abc"),
            "maxLength: it is longer than 2 characters",
        ),
        (
            json!({"pattern": "^a"}),
            json!("b"),
            "pattern: it does not match \"^a\"",
        ),
        (
            json!({"minItems": 1}),
            json!([]),
            "minItems: it has fewer than 1 item",
        ),
        (
            json!({"maxItems": 0}),
            json!([1]),
            "maxItems: it has more than 0 items",
        ),
        (
            json!({"uniqueItems": true}),
            json!([1, 1]),
            "uniqueItems: it has the same item more than once",
        ),
        (
            json!({"minProperties": 2}),
            json!({}),
            "minProperties: it has fewer than 2 members",
        ),
        (
            json!({"maxProperties": 0}),
            json!({"a": 1}),
            "maxProperties: it has more than 0 members",
        ),
        (json!({"required": ["a"]}), json!({}), "Missing(\"a\")"),
        (
            json!({"dependentRequired": {"a": ["b"]}}),
            json!({"a": 1}),
            "Missing(\"b\")",
        ),
        (
            json!({"additionalProperties": false}),
            json!({"a": 1, "b": 1}),
            "Unknown([\"a\", \"b\"])",
        ),
        (
            json!({"type": ["integer", "null"]}),
            json!("a"),
            "Type(\"null or integer\")",
        ),
        (
            json!({"not": {}}),
            json!(1),
            "not: it matches a schema that is not allowed",
        ),
        (
            json!({"anyOf": [{"minimum": 3}, {"maximum": 1}]}),
            json!(2),
            "anyOf: it matches none of the allowed schemas",
        ),
        (
            json!({"oneOf": [{"minimum": 3}, {"maximum": 1}]}),
            json!(2),
            "oneOf: it matches none of the allowed schemas",
        ),
        (
            json!({"oneOf": [{}, {}]}),
            json!(2),
            "oneOf: it matches more than one of the schemas, but must match one",
        ),
        (
            json!({"contains": {"const": 1}, "maxContains": 2}),
            json!([]),
            "contains: its number of items that match the schema must be at least 1 and at most 2",
        ),
        (
            json!({"propertyNames": {"maxLength": 1}}),
            json!({"ab": 1}),
            "propertyNames: its member `ab` has a name that is not allowed: it is longer than 1 character",
        ),
        (
            json!({"allOf": [false]}),
            json!(1),
            "false: nothing is allowed here",
        ),
        (
            json!({"if": {"type": "null"}, "else": {"minimum": 1}}),
            json!(0),
            "minimum: it is less than the minimum of 1",
        ),
    ] {
        assert_eq!(told(rule, value), pairs(&[("", expected)]));
    }
}

#[test]
fn an_error_has_the_path_of_the_value_inside() {
    let schema = json!({"properties": {"filter": {"properties": {
        "tags": {"prefixItems": [true], "items": {"type": "string"}},
        "more": {"additionalProperties": {"minimum": 1}},
    }}}});
    assert_eq!(
        told(
            schema,
            json!({"filter": {"tags": [1, 2, "a", 3], "more": {"x": 0}}})
        ),
        pairs(&[
            ("filter.more.x", "minimum: it is less than the minimum of 1"),
            ("filter.tags[1]", "Type(\"string\")"),
            ("filter.tags[3]", "Type(\"string\")"),
        ])
    );
}

#[test]
fn a_choice_describes_the_branch_that_came_furthest() {
    let branch = |by: &str| json!({"properties": {"by": {"const": by}, "a": {"properties": {"b": {"const": by}}}}});
    let schema = json!({"anyOf": [branch("x"), {"type": "null"}]});
    assert_eq!(
        told(schema, json!({"by": "x", "a": {"b": "y"}})),
        pairs(&[("a.b", "const: it is not \"x\"")])
    );
}

#[test]
fn a_rule_about_members_is_no_error_of_what_a_failed_choice_knows() {
    let schema = json!({
        "oneOf": [{"properties": {"a": {"const": 1}}}],
        "unevaluatedProperties": false,
    });
    assert_eq!(
        told(schema, json!({"a": 2, "b": 1})),
        pairs(&[("a", "const: it is not 1"), ("", "Unknown([\"b\"])")])
    );
}

#[test]
fn nothing_of_a_value_makes_an_error_long() {
    let long = "x".repeat(100_000);
    let schema = json!({"additionalProperties": {"additionalProperties": false, "propertyNames": {"const": "a"}}});
    for (path, text) in told(schema, json!({(long.as_str()): {(long.as_str()): 1}})) {
        assert!(path.len() + text.len() < 600, "{path} {text}");
    }
    let many: Vec<u32> = (0..10_000).collect();
    let [(_, text)] = &told(json!({"enum": many}), json!("a"))[..] else {
        panic!("one error");
    };
    assert!(text.len() < 300 && text.ends_with('…'), "{text}");
}
