//! What each keyword allows and refuses.

use serde_json::{Value, json};

use super::compile;

#[track_caller]
fn allows(schema: Value, right: &[Value], wrong: &[Value]) {
    let compiled = compile(&schema);
    for value in right {
        assert!(compiled.is_valid(value), "{schema} refuses {value}");
        assert_eq!(compiled.errors(value, 9), [], "{schema} {value}");
    }
    for value in wrong {
        assert!(!compiled.is_valid(value), "{schema} allows {value}");
        assert_ne!(compiled.errors(value, 9), [], "{schema} {value}");
    }
}

#[test]
fn types_are_distinguished_and_a_whole_float_is_an_integer() {
    allows(
        json!({"type": "integer"}),
        &[json!(1), json!(1.0), json!(-0.0), json!(1e300)],
        &[json!(1.5), json!("1"), json!(null)],
    );
    allows(
        json!({"type": ["string", "null"]}),
        &[json!("a"), json!(null)],
        &[json!(0), json!([]), json!({}), json!(false)],
    );
    allows(
        json!({"type": "number"}),
        &[json!(1), json!(1.5)],
        &[json!("1")],
    );
}

#[test]
fn constants_are_compared_deeply_and_by_value() {
    allows(
        json!({"enum": [1, {"a": [2]}]}),
        &[json!(1.0), json!({"a": [2.0]})],
        &[json!(true), json!({"a": [2, 2]}), json!({"a": 2})],
    );
    allows(
        json!({"const": null}),
        &[json!(null)],
        &[json!(0), json!("")],
    );
    allows(json!({"enum": []}), &[], &[json!(1)]);
}

#[test]
fn numbers_have_limits_and_other_types_have_none() {
    allows(
        json!({"minimum": 1, "exclusiveMaximum": 2.5}),
        &[json!(1), json!(2.4), json!("0")],
        &[json!(0.9), json!(2.5), json!(3)],
    );
    allows(
        json!({"exclusiveMinimum": 9_007_199_254_740_992_u64, "maximum": u64::MAX}),
        &[json!(9_007_199_254_740_993_u64), json!(u64::MAX)],
        &[json!(9_007_199_254_740_992.0), json!(1.9e19)],
    );
    allows(
        json!({"multipleOf": 0.01}),
        &[json!(19.99), json!(3), json!("a")],
        &[json!(0.001)],
    );
}

#[test]
fn the_length_of_a_text_is_counted_in_characters() {
    allows(
        json!({"minLength": 2, "maxLength": 3.0}),
        &[
            json!("ab"),
            json!("\u{1f600}\u{1f600}"),
            json!("äöü"),
            json!(1),
        ],
        &[json!("a"), json!("\u{1f600}"), json!("abcd"), json!("äöüß")],
    );
    allows(
        json!({"pattern": "b$", "format": "uint32"}),
        &[json!("ab"), json!(1)],
        &[json!("ba")],
    );
    // An annotation, whether JSON Schema defines it or not.
    allows(json!({"format": "email"}), &[json!("ab"), json!(1)], &[]);
}

#[test]
fn members_are_validated_by_name_and_by_pattern() {
    allows(
        json!({
            "properties": {"a": {"type": "integer"}, "b1": true, "no": false},
            "patternProperties": {"^b": {"type": "string"}},
            "additionalProperties": {"type": "null"},
        }),
        &[
            json!({"a": 1, "b": "", "c": null}),
            json!([]),
            json!({"b1": "x"}),
        ],
        &[
            json!({"a": ""}),
            json!({"b1": 1}),
            json!({"c": 1}),
            json!({"no": 1}),
        ],
    );
    allows(
        json!({"required": ["a", "b"], "propertyNames": {"maxLength": 1}}),
        &[json!({"a": 1, "b": 2}), json!("a")],
        &[json!({"a": 1}), json!({"a": 1, "b": 1, "cc": 1})],
    );
    allows(
        json!({"minProperties": 1, "maxProperties": 2}),
        &[json!({"a": 1}), json!({"a": 1, "b": 1}), json!([])],
        &[json!({}), json!({"a": 1, "b": 1, "c": 1})],
    );
    allows(
        json!({"dependentRequired": {"a": ["b"]}, "dependentSchemas": {"c": {"required": ["d"]}}}),
        &[
            json!({}),
            json!({"a": 1, "b": 1}),
            json!({"c": 1, "d": 1}),
            json!({"b": 1}),
        ],
        &[json!({"a": 1}), json!({"c": 1})],
    );
}

#[test]
fn items_are_validated_by_place_and_by_number() {
    allows(
        json!({"prefixItems": [{"type": "string"}, true], "items": {"type": "integer"}}),
        &[json!([]), json!(["a"]), json!(["a", null, 1, 2]), json!({})],
        &[json!([1]), json!(["a", 1, "b"])],
    );
    allows(
        json!({"prefixItems": [true], "items": false}),
        &[json!([1])],
        &[json!([1, 2])],
    );
    allows(
        json!({"contains": {"const": 1}, "minContains": 2, "maxContains": 3}),
        &[json!([1, 1]), json!([1, 2, 1, 1.0])],
        &[json!([]), json!([1, 2]), json!([1, 1, 1, 1])],
    );
    allows(json!({"contains": true}), &[json!([0])], &[json!([])]);
    allows(
        json!({"contains": false, "minContains": 0}),
        &[json!([0]), json!([])],
        &[],
    );
    allows(
        json!({"minItems": 1, "maxItems": 2, "uniqueItems": true}),
        &[json!([1]), json!([1, "1"])],
        &[
            json!([]),
            json!([1, 2, 3]),
            json!([1, 1.0]),
            json!([[{"a": 1}], [{"a": 1.0}]]),
        ],
    );
}

#[test]
fn schemas_are_combined() {
    allows(
        json!({"allOf": [{"minimum": 1}, {"maximum": 2}]}),
        &[json!(1), json!(2)],
        &[json!(0), json!(3)],
    );
    allows(
        json!({"anyOf": [{"minimum": 5}, {"maximum": 1}, {"const": 3}]}),
        &[json!(0), json!(3), json!(5)],
        &[json!(2)],
    );
    allows(
        json!({"oneOf": [{"minimum": 1}, {"maximum": 2}]}),
        &[json!(0), json!(3)],
        &[json!(1), json!(2)],
    );
    allows(
        json!({"not": {"type": "null"}}),
        &[json!(1)],
        &[json!(null)],
    );
    allows(
        json!({"if": {"type": "string"}, "then": {"minLength": 1}, "else": {"type": "null"}}),
        &[json!("a"), json!(null)],
        &[json!(""), json!(1)],
    );
    allows(json!({"then": false, "else": false}), &[json!(1)], &[]);
}

#[test]
fn references_lead_to_places_of_the_schema_and_have_siblings() {
    allows(
        json!({
            "$ref": "#/$defs/a~1b%25/properties/c~0",
            "maximum": 9,
            "$defs": {"a/b%": {"properties": {"c~": {"minimum": 1}}}},
        }),
        &[json!(1), json!(9)],
        &[json!(0), json!(10)],
    );
    allows(
        json!({"type": "object", "properties": {"left": {"$ref": "#"}, "right": {"$ref": "#"}}, "additionalProperties": false}),
        &[json!({"left": {"right": {}}})],
        &[json!({"left": {"right": {"up": {}}}}), json!({"left": 1})],
    );
    allows(
        json!({"$ref": "#/x-shared/0", "x-shared": [{"const": 1}]}),
        &[json!(1)],
        &[json!(2)],
    );
}

#[test]
fn members_that_no_branch_evaluates_are_refused() {
    allows(
        json!({
            "oneOf": [
                {"properties": {"by": {"const": "name"}, "name": {"type": "string"}}, "required": ["by", "name"]},
                {"properties": {"by": {"const": "id"}, "id": {"type": "integer"}}, "required": ["by", "id"]},
            ],
            "properties": {"limit": true},
            "unevaluatedProperties": false,
        }),
        &[
            json!({"by": "name", "name": "a", "limit": 1}),
            json!({"by": "id", "id": 1}),
        ],
        &[
            json!({"by": "name", "name": "a", "id": 1}),
            json!({"by": "id", "id": 1, "x": 1}),
        ],
    );
    allows(
        json!({
            "allOf": [{"$ref": "#/$defs/a"}],
            "if": {"properties": {"b": {"const": 1}}, "required": ["b"]},
            "then": {"properties": {"c": true}},
            "else": {"properties": {"d": true}},
            "dependentSchemas": {"a": {"properties": {"e": true}}},
            "not": {"required": ["f"], "properties": {"f": true}},
            "unevaluatedProperties": {"type": "null"},
            "$defs": {"a": {"properties": {"a": true}}},
        }),
        &[
            json!({"a": 1, "b": 1, "c": 1, "e": 1}),
            json!({"b": null, "d": 1}),
            json!({"z": null}),
        ],
        &[
            json!({"b": 1, "d": 1}),
            json!({"e": 1}),
            json!({"b": 2}),
            json!({"c": 1}),
            json!({"z": 1}),
        ],
    );
    allows(
        json!({"allOf": [{"unevaluatedProperties": true}], "unevaluatedProperties": false}),
        &[json!({"a": 1})],
        &[],
    );
}

#[test]
fn what_is_no_keyword_is_a_note_to_the_reader() {
    allows(
        json!({
            "x-header": 1, "nullable": true, "discriminator": {"propertyName": "a"}, "example": {},
            "title": "a", "default": 1, "deprecated": true, "contentSchema": {"type": "null"},
            "contentEncoding": "base64", "$comment": "", "$anchor": "a", "format": "double",
            "$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "https://a.example",
        }),
        &[json!(1), json!("a")],
        &[],
    );
}
