//! Schemas that prevent the start.

use serde_json::{Value, json};

use crate::{Schema, SchemaError};

fn refused(schema: Value) -> Vec<SchemaError> {
    let compiled = Schema::compile(schema.as_object().unwrap());
    compiled
        .err()
        .unwrap_or_else(|| panic!("{schema} is compiled"))
}

#[test]
fn what_asserts_something_and_is_not_implemented_is_named_with_a_remedy() {
    for (schema, what, remedy) in [
        (json!({"$dynamicRef": "#a"}), "`$dynamicRef`", "`$ref`"),
        (
            json!({"$dynamicAnchor": "a"}),
            "`$dynamicAnchor`",
            "`$defs`",
        ),
        (json!({"$recursiveRef": "#"}), "`$recursiveRef`", "`$ref`"),
        (
            json!({"unevaluatedItems": false}),
            "`unevaluatedItems`",
            "`prefixItems`",
        ),
        (
            json!({"additionalItems": false}),
            "`additionalItems`",
            "`prefixItems`",
        ),
        (
            json!({"dependencies": {}}),
            "`dependencies`",
            "`dependentRequired`",
        ),
        (
            json!({"$ref": "https://a.example"}),
            "outside this schema",
            "`$defs`",
        ),
        (json!({"$ref": "#anchor"}), "anchor", "`$defs`"),
        (
            json!({"$ref": "#/$defs/a"}),
            "to nothing",
            "put a schema there",
        ),
        (
            json!({"properties": {"a": {"$id": "b"}}}),
            "`$id`",
            "remove it",
        ),
        (
            json!({"$schema": "http://json-schema.org/draft-07/schema#"}),
            "`$schema`",
            "2020-12",
        ),
        (json!({"pattern": "(?!a)"}), "look-around", "`not`"),
        (
            json!({"patternProperties": {"\\p{L}": true}}),
            "Unicode",
            "[A-Za-z]",
        ),
    ] {
        let told = refused(schema.clone());
        let [error] = told.as_slice() else {
            panic!("{schema}: {told:?}");
        };
        assert!(error.what.contains(what), "{schema}: {error:?}");
        assert!(error.remedy.contains(remedy), "{schema}: {error:?}");
    }
}

#[test]
fn a_keyword_with_a_value_of_another_type_is_reported_with_its_place() {
    for (keyword, values) in [
        ("type", json!([1, "text", [], ["string", "text"]])),
        ("enum", json!([1, {}])),
        ("minimum", json!(["1", true])),
        ("exclusiveMaximum", json!([true])),
        ("multipleOf", json!([0, -1, "1"])),
        ("minLength", json!([-1, 1.5, "1"])),
        ("maxItems", json!([-1, 1.5, 1e300])),
        ("minContains", json!([-1])),
        ("uniqueItems", json!([1])),
        ("required", json!(["a", [1]])),
        ("dependentRequired", json!([[], {"a": 1}])),
        ("pattern", json!([1, "["])),
        ("format", json!([1])),
        ("properties", json!([[], {"a": 1}])),
        ("patternProperties", json!([true, {"[": true}])),
        ("additionalProperties", json!([1])),
        ("propertyNames", json!(["a"])),
        ("items", json!([[true]])),
        ("prefixItems", json!([[], true])),
        ("contains", json!([1])),
        ("allOf", json!([[], {}, [1]])),
        ("not", json!([null])),
        ("then", json!([1])),
        ("$ref", json!([1])),
        ("$defs", json!([[], {"a": 1}])),
        ("unevaluatedProperties", json!([1])),
    ] {
        for value in values.as_array().unwrap() {
            let told = refused(json!({"properties": {"a/b": {keyword: value}}}));
            let [error] = told.as_slice() else {
                panic!("{keyword} {value}: {told:?}");
            };
            assert!(error.what.contains("/properties/a~1b"), "{error:?}");
        }
    }
}

#[test]
fn all_errors_are_reported_together() {
    let told = refused(
        json!({"minimum": "1", "anyOf": [{"type": "a"}, {"$ref": "#/b"}], "$defs": {"c": 1}}),
    );
    assert_eq!(told.len(), 4, "{told:?}");
}

#[test]
fn a_schema_that_leads_back_to_itself_for_the_same_value_is_refused() {
    for schema in [
        json!({"$ref": "#"}),
        json!({"allOf": [{"$ref": "#"}]}),
        json!({"not": {"$ref": "#"}}),
        json!({"if": true, "else": {"$ref": "#"}}),
        json!({"dependentSchemas": {"a": {"$ref": "#"}}}),
        json!({"properties": {"a": {"$ref": "#/$defs/b"}}, "$defs": {"b": {"anyOf": [{"$ref": "#/$defs/c"}]}, "c": {"oneOf": [{"$ref": "#/$defs/b"}]}}}),
    ] {
        let told = refused(schema.clone());
        assert!(
            told.iter().any(|error| error.what.contains("leads back")),
            "{schema}: {told:?}"
        );
    }
}
