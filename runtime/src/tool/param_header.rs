//! `x-mcp-header`: an argument that a client repeats as the header `Mcp-Param-<name>`.
//!
//! A client refuses a whole tool whose annotation breaks a rule of the protocol (revision
//! 2026-07-28, "Custom headers from tool parameters"), so a server must not start with one.

use std::collections::HashSet;

use serde_json::{Map, Value};

/// The keyword in a property's schema.
pub(super) const KEYWORD: &str = "x-mcp-header";

/// Returns the names of all headers that a schema declares.
pub(super) fn names(schema: &Map<String, Value>) -> impl Iterator<Item = &str> {
    let mut found = Vec::new();
    annotated(schema, &mut Vec::new(), &mut found);
    found
        .into_iter()
        .filter_map(|(_, schema)| schema.get(KEYWORD)?.as_str())
}

/// Returns the errors in the annotations of a schema, each with its fix.
pub(super) fn faults(schema: &Map<String, Value>) -> Vec<(String, &'static str)> {
    let mut faults = Vec::new();
    let mut found = Vec::new();
    annotated(schema, &mut Vec::new(), &mut found);
    let mut seen = HashSet::new();
    for (path, schema) in &found {
        let path = path.join(".");
        let name = schema.get(KEYWORD).and_then(Value::as_str);
        let Some(name) = name.filter(|name| is_token(name)) else {
            faults.push((
                format!("the header of the argument `{path}` is not a header name"),
                "use letters, digits and `-` (RFC 9110 section 5.6.2), such as \"Region\"",
            ));
            continue;
        };
        if !seen.insert(name.to_ascii_lowercase()) {
            faults.push((
                format!("two arguments have the header `{name}`; names that differ only in case are the same"),
                "give each argument its own header",
            ));
        }
        let kind = schema.get("type").and_then(Value::as_str);
        if !matches!(kind, Some("string" | "integer" | "boolean")) {
            faults.push((
                format!("the argument `{path}` has the header `{name}` and is not a string, integer or boolean"),
                "remove the header, or give the argument one of these types",
            ));
        }
    }
    // All further annotations are where a client cannot find them.
    if count(&Value::Object(schema.clone())) > found.len() {
        faults.push((
            format!(
                "`{KEYWORD}` is not on an argument, or is behind a list, a choice or a reference"
            ),
            "put headers only on arguments that are fields, or fields of fields",
        ));
    }
    faults
}

type Annotated<'s> = (Vec<&'s str>, &'s Map<String, Value>);

/// Collects every annotated property that is reached through `properties` alone, with its
/// path.
fn annotated<'s>(
    schema: &'s Map<String, Value>,
    path: &mut Vec<&'s str>,
    found: &mut Vec<Annotated<'s>>,
) {
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, schema) in properties.into_iter().flatten() {
        let Some(schema) = schema.as_object() else {
            continue;
        };
        path.push(name);
        if schema.contains_key(KEYWORD) {
            found.push((path.clone(), schema));
        }
        annotated(schema, path, found);
        path.pop();
    }
}

/// Returns the number of annotations anywhere in a schema. Data that looks like a schema
/// (`default`, `enum`, …) does not count.
fn count(schema: &Value) -> usize {
    match schema {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(members) => members
            .iter()
            .map(|(keyword, value)| match keyword.as_str() {
                KEYWORD => 1,
                "default" | "const" | "enum" | "examples" => 0,
                // The keys of these are names that the author chose, not keywords.
                "properties" | "patternProperties" | "$defs" | "dependentSchemas" => value
                    .as_object()
                    .map_or(0, |named| named.values().map(count).sum()),
                _ => count(value),
            })
            .sum(),
        _ => 0,
    }
}

/// RFC 9110 §5.6.2 `token`.
fn is_token(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(schema: Value) -> String {
        let Value::Object(schema) = schema else {
            panic!("an object")
        };
        let told: Vec<String> = faults(&schema).into_iter().map(|fault| fault.0).collect();
        told.join("\n")
    }

    #[test]
    fn a_header_on_a_plain_argument_is_right() {
        let schema = json!({"properties": {
            "region": {"type": "string", "x-mcp-header": "Region"},
            "page": {"type": "object", "properties": {"n": {"type": "integer", "x-mcp-header": "Page"}}},
            "x-mcp-header": {"type": "string", "default": {"x-mcp-header": "data"}},
        }});
        assert_eq!(told(schema.clone()), "");
        let mut found: Vec<_> = names(schema.as_object().unwrap()).collect();
        found.sort_unstable();
        assert_eq!(found, ["Page", "Region"]);
    }

    #[test]
    fn what_a_client_would_refuse_is_an_error() {
        for (schema, expected) in [
            (
                json!({"type": "string", "x-mcp-header": "A B"}),
                "not a header name",
            ),
            (
                json!({"type": "string", "x-mcp-header": ""}),
                "not a header name",
            ),
            (
                json!({"type": "string", "x-mcp-header": 7}),
                "not a header name",
            ),
            (
                json!({"type": "number", "x-mcp-header": "A"}),
                "not a string, integer or boolean",
            ),
            (
                json!({"type": ["string", "null"], "x-mcp-header": "A"}),
                "not a string, integer or boolean",
            ),
            (
                json!({"type": "array", "items": {"type": "string", "x-mcp-header": "A"}}),
                "behind a list",
            ),
        ] {
            let told = told(json!({"properties": {"a": schema.clone()}}));
            assert!(told.contains(expected), "{schema}: {told}");
        }
    }

    #[test]
    fn two_headers_that_differ_in_case_are_one() {
        let told = told(json!({"properties": {
            "a": {"type": "string", "x-mcp-header": "Region"},
            "b": {"type": "string", "x-mcp-header": "REGION"},
        }}));
        assert!(told.contains("two arguments have the header"), "{told}");
    }
}
