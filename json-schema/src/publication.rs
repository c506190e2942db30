//! Prepares schemas for publication. Everything that schemars writes passes here: arguments,
//! results and forms.
//!
//! - Every `format` is one that JSON Schema 2020-12 defines.
//! - A choice of constants is a `type` with an `enum` (`constants`).
//! - A `$ref` to the whole schema points into `$defs`: clients copy a schema into a larger
//!   document, where `#` is another schema.
//!
//! schemars writes formats that JSON Schema does not define (`uint64`, `int32`, `double`,
//! `partial-date-time`). A validator may treat an unknown format as an error (validation
//! §7.2.3): Ajv prints a warning for each, and refuses the whole schema in strict mode. The
//! range of such a number format is published as `minimum` and `maximum` instead, which
//! every validator enforces.

use std::{cmp::Ordering, sync::Arc};

use serde_json::{Map, Number, Value};

use super::{constants, number::Exact};

/// Keywords whose value is a schema or a list of schemas.
const SCHEMAS: &[&str] = &[
    "additionalItems",
    "additionalProperties",
    "allOf",
    "anyOf",
    "contains",
    "contentSchema",
    "else",
    "if",
    "items",
    "not",
    "oneOf",
    "prefixItems",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
];

/// Keywords whose value is an object of schemas. A member of it may be named `format`.
const NAMED_SCHEMAS: &[&str] = &[
    "$defs",
    "definitions",
    "dependentSchemas",
    "patternProperties",
    "properties",
];

/// The formats that JSON Schema defines (2020-12 validation §7.3).
const FORMATS: &[&str] = &[
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
];

fn is_standard(format: &str) -> bool {
    FORMATS.contains(&format)
}

/// Prepares a schema for publication.
pub fn publish(schema: &mut Map<String, Value>) {
    publish_with(schema, is_standard);
}

/// Like [`publish`], with a custom set of allowed formats.
pub fn publish_with(schema: &mut Map<String, Value>, is_allowed: fn(&str) -> bool) {
    let definitions = schema.get("$defs").and_then(Value::as_object);
    let mut root = "Root".to_owned();
    while definitions.is_some_and(|named| named.contains_key(&root)) {
        root.push('_');
    }
    let mut pass = Pass {
        is_allowed,
        root: &root,
        refers_to_root: false,
    };
    pass.schema(schema);
    if pass.refers_to_root {
        let mut copy = schema.clone();
        for keyword in ["$schema", "$id", "$defs"] {
            copy.remove(keyword);
        }
        let definitions = schema.entry("$defs").or_insert_with(|| Map::new().into());
        if let Some(definitions) = definitions.as_object_mut() {
            definitions.insert(root, copy.into());
        }
    }
}

/// One pass over a schema.
struct Pass<'r> {
    is_allowed: fn(&str) -> bool,
    /// The name in `$defs` for the whole schema.
    root: &'r str,
    refers_to_root: bool,
}

impl Pass<'_> {
    fn schema(&mut self, schema: &mut Map<String, Value>) {
        if let Some(Value::String(name)) = schema.get("format")
            && !(self.is_allowed)(name)
            && let Some(Value::String(name)) = schema.remove("format")
            && allows_numbers(schema)
            && let Some((least, most)) = limits(&name)
        {
            tighten(schema, "minimum", least, Ordering::Greater);
            tighten(schema, "maximum", most, Ordering::Less);
        }
        if let Some(Value::String(target)) = schema.get_mut("$ref")
            && target == "#"
        {
            *target = format!("#/$defs/{}", self.root);
            self.refers_to_root = true;
        }
        for (keyword, value) in schema.iter_mut() {
            match value {
                Value::Object(inner) if SCHEMAS.contains(&keyword.as_str()) => self.schema(inner),
                Value::Object(named) if NAMED_SCHEMAS.contains(&keyword.as_str()) => {
                    self.each(named.values_mut().collect());
                }
                Value::Array(list) if SCHEMAS.contains(&keyword.as_str()) => {
                    self.each(list.iter_mut().collect());
                }
                // Anything else is data (`default`, `enum`, `const`), whatever its members are.
                _ => {}
            }
        }
        // After the branches, which can be choices of constants themselves.
        constants::merge(schema);
    }

    fn each(&mut self, schemas: Vec<&mut Value>) {
        for schema in schemas.into_iter().filter_map(Value::as_object_mut) {
            self.schema(schema);
        }
    }
}

/// Like [`publish`], for a shared schema. It is copied only if it may have to change.
pub fn publish_shared(schema: &mut Arc<Map<String, Value>>) {
    if schema.iter().any(may_change) {
        publish(Arc::make_mut(schema));
    }
}

/// Returns whether a member, or one inside it, is something that [`publish`] changes. Counts
/// data, too: that only costs a needless copy.
fn may_change((name, value): (&String, &Value)) -> bool {
    match value {
        Value::String(text) => match name.as_str() {
            "format" => !is_standard(text),
            "$ref" => text == "#",
            _ => false,
        },
        Value::Array(_) if name == "oneOf" || name == "anyOf" => true,
        Value::Array(list) => list.iter().any(|inner| may_change((name, inner))),
        Value::Object(members) => members.iter().any(may_change),
        _ => false,
    }
}

/// Returns whether a schema allows numbers. A number in a string has no `minimum`.
fn allows_numbers(schema: &Map<String, Value>) -> bool {
    let is_number = |name: &Value| name == "integer" || name == "number";
    match schema.get("type") {
        Some(Value::Array(types)) => types.iter().any(is_number),
        Some(one) => is_number(one),
        None => true,
    }
}

/// Sets a limit, unless the schema has a stricter one.
fn tighten(schema: &mut Map<String, Value>, keyword: &str, limit: Number, stricter: Ordering) {
    let stated = match schema.get(keyword) {
        Some(Value::Number(stated)) => Exact::from_number(stated),
        // A limit that is not a number is an error, which the compilation reports.
        Some(_) => return,
        None => None,
    };
    let has_stricter = stated
        .zip(Exact::from_number(&limit))
        .is_some_and(|(stated, limit)| stated == limit || stated.compare(limit) == stricter);
    if !has_stricter {
        schema.insert(keyword.to_owned(), limit.into());
    }
}

/// Returns the smallest and the largest number of a format that schemars writes for a Rust
/// type.
///
/// 128-bit integers are limited to the range of a JSON number here: 64 bits, unless the
/// application's build enables serde_json's `arbitrary_precision`.
fn limits(format: &str) -> Option<(Number, Number)> {
    Some(match format {
        "int8" => (i8::MIN.into(), i8::MAX.into()),
        "int16" => (i16::MIN.into(), i16::MAX.into()),
        "int32" => (i32::MIN.into(), i32::MAX.into()),
        "int64" => (i64::MIN.into(), i64::MAX.into()),
        "int" => (isize::MIN.into(), isize::MAX.into()),
        "int128" => (
            Number::from_i128(i128::MIN).unwrap_or(i64::MIN.into()),
            Number::from_i128(i128::MAX).unwrap_or(u64::MAX.into()),
        ),
        "uint8" => (0.into(), u8::MAX.into()),
        "uint16" => (0.into(), u16::MAX.into()),
        "uint32" => (0.into(), u32::MAX.into()),
        "uint64" => (0.into(), u64::MAX.into()),
        "uint" => (0.into(), usize::MAX.into()),
        "uint128" => (
            0.into(),
            Number::from_u128(u128::MAX).unwrap_or(u64::MAX.into()),
        ),
        // Beyond these limits, an `f32` becomes infinite.
        "float" => (
            Number::from_f64(f32::MIN.into())?,
            Number::from_f64(f32::MAX.into())?,
        ),
        _ => return None,
    })
}
