//! The publication of formats that schemars writes.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::{publish, publish_shared};

fn object(schema: Value) -> Map<String, Value> {
    match schema {
        Value::Object(schema) => schema,
        other => panic!("{other} is not an object"),
    }
}

fn published(schema: Value) -> Value {
    let mut schema = object(schema);
    publish(&mut schema);
    Value::Object(schema)
}

#[test]
fn a_format_of_a_number_becomes_its_limits() {
    for (format, least, most) in [
        ("int8", json!(-128), json!(127)),
        ("int16", json!(-32_768), json!(32_767)),
        ("int32", json!(-2_147_483_648_i64), json!(2_147_483_647)),
        ("int64", json!(i64::MIN), json!(i64::MAX)),
        ("int", json!(isize::MIN), json!(isize::MAX)),
        ("int128", json!(i64::MIN), json!(u64::MAX)),
        ("uint8", json!(0), json!(255)),
        ("uint16", json!(0), json!(65_535)),
        ("uint32", json!(0), json!(4_294_967_295_u64)),
        ("uint64", json!(0), json!(u64::MAX)),
        ("uint", json!(0), json!(usize::MAX)),
        ("uint128", json!(0), json!(u64::MAX)),
    ] {
        assert_eq!(
            published(json!({"type": "integer", "format": format})),
            json!({"type": "integer", "minimum": least, "maximum": most}),
            "{format}"
        );
    }
    assert_eq!(
        published(json!({"type": ["number", "null"], "format": "float"})),
        json!({"type": ["number", "null"], "minimum": -3.402_823_466_385_288_6e38, "maximum": 3.402_823_466_385_288_6e38})
    );
    assert_eq!(
        published(json!({"type": "number", "format": "double"})),
        json!({"type": "number"})
    );
}

#[test]
fn the_stricter_limit_counts_to_the_last_digit() {
    let limits = |least: Value, most: Value| {
        published(json!({"type": "integer", "format": "uint64", "minimum": least, "maximum": most}))
    };
    let stated =
        |least: Value, most: Value| json!({"type": "integer", "minimum": least, "maximum": most});
    // As floats, both are 2^64.
    assert_eq!(
        limits(json!(1), json!(u64::MAX - 1)),
        stated(json!(1), json!(u64::MAX - 1))
    );
    assert_eq!(
        limits(json!(-5), json!(1e30)),
        stated(json!(0), json!(u64::MAX))
    );
    assert_eq!(
        limits(json!(0.0), json!(7.5)),
        stated(json!(0.0), json!(7.5))
    );
}

#[test]
fn a_format_of_a_text_leaves_no_trace_and_no_limit() {
    for format in ["partial-date-time", "ip", "byte", "uint64", "password"] {
        assert_eq!(
            published(json!({"type": "string", "format": format, "maxLength": 3})),
            json!({"type": "string", "maxLength": 3}),
            "{format}"
        );
    }
}

#[test]
fn what_json_schema_defines_stays() {
    for format in [
        "date",
        "date-time",
        "duration",
        "email",
        "hostname",
        "idn-email",
        "idn-hostname",
        "ipv4",
        "ipv6",
        "iri",
        "iri-reference",
        "json-pointer",
        "regex",
        "relative-json-pointer",
        "time",
        "uri",
        "uri-reference",
        "uri-template",
        "uuid",
    ] {
        let schema = json!({"type": "string", "format": format});
        assert_eq!(published(schema.clone()), schema);
    }
}

#[test]
fn every_place_of_a_schema_is_read_and_no_data_is_changed() {
    let old = || json!({"type": "integer", "format": "int8"});
    let new = || json!({"type": "integer", "minimum": -128, "maximum": 127});
    for keyword in [
        "additionalItems",
        "additionalProperties",
        "contains",
        "contentSchema",
        "else",
        "if",
        "items",
        "not",
        "propertyNames",
        "then",
        "unevaluatedItems",
        "unevaluatedProperties",
    ] {
        assert_eq!(
            published(json!({keyword: {"items": old()}})),
            json!({keyword: {"items": new()}})
        );
    }
    for keyword in ["allOf", "anyOf", "items", "oneOf", "prefixItems"] {
        assert_eq!(
            published(json!({keyword: [true, {"not": old()}]})),
            json!({keyword: [true, {"not": new()}]})
        );
    }
    for keyword in [
        "$defs",
        "definitions",
        "dependentSchemas",
        "patternProperties",
        "properties",
    ] {
        // A member named like a keyword is still a member.
        assert_eq!(
            published(
                json!({keyword: {"format": old(), "enum": {"items": old()}, "default": true}})
            ),
            json!({keyword: {"format": new(), "enum": {"items": new()}, "default": true}})
        );
    }
    let data = json!({
        "const": {"format": "int8"}, "default": old(), "enum": [old()], "examples": [{"items": old()}],
        "x-own": old(), "properties": {"format": {"const": {"format": "uint8"}}},
    });
    assert_eq!(published(data.clone()), data);
}

#[test]
fn what_is_shared_is_copied_only_if_it_changes() {
    let plain = object(json!({"properties": {"a": {"format": "uri", "default": 1}}}));
    let mut shared = Arc::new(plain);
    let other = Arc::clone(&shared);
    publish_shared(&mut shared);
    assert!(Arc::ptr_eq(&shared, &other));

    let mut shared = Arc::new(object(json!({"items": [{"format": "uint8"}]})));
    let other = Arc::clone(&shared);
    publish_shared(&mut shared);
    assert_eq!(shared["items"], json!([{"minimum": 0, "maximum": 255}]));
    assert_eq!(other["items"], json!([{"format": "uint8"}]));
}
