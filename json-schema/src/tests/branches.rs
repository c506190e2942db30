//! A failed choice is explained by the branch that the caller means.

use serde_json::{Value, json};

use super::errors::{pairs, told};

/// As `#[serde(tag = "kind")]` writes it.
fn tagged() -> Value {
    json!({"oneOf": [
        {"type": "object", "properties": {"kind": {"type": "string", "const": "buy"}, "symbol": {"type": "string"}}, "required": ["kind", "symbol"]},
        {"type": "object", "properties": {"kind": {"type": "string", "const": "sell"}, "symbol": {"type": "string"}, "all": {"type": "boolean"}}, "required": ["kind", "symbol", "all"]},
    ]})
}

/// As serde writes an enum without a key for the tag.
fn external() -> Value {
    json!({"oneOf": [
        {"type": "string", "enum": ["idle"]},
        {"type": "object", "properties": {"start": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}}, "required": ["start"], "additionalProperties": false},
        {"type": "object", "properties": {"stop": {"type": "object", "properties": {"after": {"type": "integer"}}}}, "required": ["stop"], "additionalProperties": false},
    ]})
}

#[test]
fn a_tag_selects_the_branch_that_explains() {
    for (value, expected) in [
        (json!({"kind": "buy"}), vec![("", "Missing(\"symbol\")")]),
        (
            json!({"kind": "sell", "symbol": "A"}),
            vec![("", "Missing(\"all\")")],
        ),
        (
            json!({"kind": "sell"}),
            vec![("", "Missing(\"symbol\")"), ("", "Missing(\"all\")")],
        ),
        (
            json!({"kind": "sell", "symbol": 1, "all": true}),
            vec![("symbol", "Type(\"string\")")],
        ),
        (json!({"symbol": "A"}), vec![("", "Missing(\"kind\")")]),
        (
            json!({"kind": "hold", "symbol": "A"}),
            vec![("kind", "enum: it is not one of \"buy\", \"sell\"")],
        ),
        (
            json!({"kind": 7}),
            vec![("kind", "enum: it is not one of \"buy\", \"sell\"")],
        ),
        (json!("buy"), vec![("", "Type(\"object\")")]),
    ] {
        assert_eq!(told(tagged(), value.clone()), pairs(&expected), "{value}");
    }
}

#[test]
fn a_tagged_union_is_found_behind_references_and_null() {
    let schema = json!({
        "properties": {"order": {"anyOf": [{"$ref": "#/$defs/Order"}, {"type": "null"}]}},
        "$defs": {"Order": tagged()},
    });
    assert_eq!(
        told(schema, json!({"order": {"kind": "buy"}})),
        pairs(&[("order", "Missing(\"symbol\")")])
    );
}

#[test]
fn a_member_that_names_the_branch_selects_it() {
    for (value, expected) in [
        (json!({"start": {}}), vec![("start", "Missing(\"name\")")]),
        (
            json!({"stop": {"after": "x"}}),
            vec![("stop.after", "Type(\"integer\")")],
        ),
        (
            json!({"jump": {}}),
            vec![(
                "",
                "oneOf: it must have exactly one of the members start, stop",
            )],
        ),
        (
            json!({"start": {}, "stop": {}}),
            vec![(
                "",
                "oneOf: it must have exactly one of the members start, stop",
            )],
        ),
        (json!("busy"), vec![("", "enum: it is not one of \"idle\"")]),
        (json!(7), vec![("", "Type(\"object or string\")")]),
    ] {
        assert_eq!(told(external(), value.clone()), pairs(&expected), "{value}");
    }
}

#[test]
fn a_choice_of_constants_and_objects_names_all_constants() {
    let schema = json!({"oneOf": [{"const": "a", "type": "string"}, {"enum": ["b"], "type": "string"}, {"type": "object"}]});
    assert_eq!(
        told(schema, json!("c")),
        pairs(&[("", "enum: it is not one of \"a\", \"b\"")])
    );
}

#[test]
fn only_the_null_of_an_optional_member_has_the_advice_to_leave_it_out() {
    let schema = json!({"properties": {"a": {"type": "integer"}, "b": {"enum": [1]}, "c": {"type": "string"}}, "required": ["c"]});
    assert_eq!(
        told(schema, json!({"a": null, "b": null, "c": null})),
        pairs(&[
            (
                "a",
                "Type(\"integer; leave it out instead of sending null\")"
            ),
            (
                "b",
                "enum: it is not one of 1; leave it out instead of sending null"
            ),
            ("c", "Type(\"string\")"),
        ])
    );
}
