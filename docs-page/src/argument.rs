//! The arguments of a tool, read from the schema that is published and enforced.

use std::collections::HashSet;

use serde_json::{Map, Value};
use toolgate_json_schema::properties;

/// One argument, as displayed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Argument<'a> {
    pub(crate) name: &'a str,
    /// Its type: "string", "list of integers", "one of …".
    pub(crate) kind: String,
    pub(crate) required: bool,
    pub(crate) description: Option<&'a str>,
    pub(crate) rules: Vec<Rule>,
}

/// A rule for a value: "at most" `20` "characters".
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) before: &'static str,
    pub(crate) value: String,
    pub(crate) after: &'static str,
}

/// Returns the arguments that an input schema describes, in its order, the required ones
/// first.
pub(crate) fn arguments(schema: &Map<String, Value>) -> Vec<Argument<'_>> {
    let required: Vec<_> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    // A choice at the top has a member in several branches; the schema below shows each.
    let mut seen = HashSet::new();
    let properties = properties(schema).into_iter();
    let properties = properties.filter(|(name, _)| seen.insert(*name));
    let arguments = properties.map(|(name, property)| {
        let target = resolve(schema, property);
        Argument {
            name,
            kind: kind(schema, property, DEPTH),
            required: required.contains(&name.as_str()),
            description: text(property, "description").or(text(target, "description")),
            rules: rules(property, target),
        }
    });
    let (mut arguments, optional): (Vec<_>, Vec<_>) =
        arguments.partition(|argument| argument.required);
    arguments.extend(optional);
    arguments
}

/// How deep types are described; recursive types have no end.
const DEPTH: usize = 4;

/// The keywords that the page shows, with the words before and after a value.
const RULES: [(&str, &str, &str); 13] = [
    ("default", "default", ""),
    ("const", "always", ""),
    ("minimum", "at least", ""),
    ("exclusiveMinimum", "more than", ""),
    ("maximum", "at most", ""),
    ("exclusiveMaximum", "less than", ""),
    ("multipleOf", "a multiple of", ""),
    ("minLength", "at least", "characters"),
    ("maxLength", "at most", "characters"),
    ("minItems", "at least", "items"),
    ("maxItems", "at most", "items"),
    ("pattern", "matches", ""),
    ("x-mcp-header", "also sent as the header", ""),
];

fn rules(property: &Value, target: &Value) -> Vec<Rule> {
    let rule = |(keyword, before, after)| {
        let value = property.get(keyword).or_else(|| target.get(keyword))?;
        let value = match value {
            // `Option` has the default null, which the word "optional" already says.
            Value::Null => return None,
            Value::String(name) if keyword == "x-mcp-header" => format!("Mcp-Param-{name}"),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        Some(Rule {
            before,
            value,
            after,
        })
    };
    RULES.into_iter().filter_map(rule).collect()
}

fn text<'a>(schema: &'a Value, member: &str) -> Option<&'a str> {
    schema.get(member)?.as_str()
}

/// Resolves a `$ref` into the schema's own definitions; returns other schemas unchanged.
fn resolve<'a>(root: &'a Map<String, Value>, schema: &'a Value) -> &'a Value {
    text(schema, "$ref")
        .and_then(|reference| reference.strip_prefix("#/$defs/"))
        .and_then(|name| root.get("$defs")?.get(name))
        .unwrap_or(schema)
}

/// Describes a type in words.
fn kind(root: &Map<String, Value>, schema: &Value, depth: usize) -> String {
    let schema = resolve(root, schema);
    let Some(depth) = depth.checked_sub(1) else {
        return "…".to_owned();
    };
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        let values: Vec<_> = values
            .iter()
            .filter(|value| !value.is_null())
            .map(Value::to_string)
            .collect();
        return format!("one of {}", values.join(", "));
    }
    for choice in ["anyOf", "oneOf"] {
        if let Some(choices) = schema.get(choice).and_then(Value::as_array) {
            return either(choices.iter().map(|choice| kind(root, choice, depth)));
        }
    }
    if let Some(value) = schema.get("const") {
        return value.to_string();
    }
    let types = match schema.get("type") {
        Some(Value::String(one)) => vec![one.as_str()],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => return "anything".to_owned(),
    };
    either(
        types
            .into_iter()
            .map(|name| match (name, schema.get("items")) {
                ("array", Some(items)) => format!("list of {}", kind(root, items, depth)),
                ("array", None) => "list".to_owned(),
                (name, _) => name.to_owned(),
            }),
    )
}

/// Joins alternatives, without the null that means "left out".
fn either(kinds: impl Iterator<Item = String>) -> String {
    let mut kinds: Vec<_> = kinds.filter(|kind| kind != "null").collect();
    kinds.dedup();
    if kinds.is_empty() {
        return "null".to_owned();
    }
    kinds.join(" or ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(schema: &Value) -> Vec<(String, String, bool, Vec<String>)> {
        arguments(schema.as_object().unwrap())
            .into_iter()
            .map(|argument| {
                let rules = argument.rules.iter();
                (
                    argument.name.to_owned(),
                    argument.kind,
                    argument.required,
                    rules
                        .map(|rule| format!("{} {} {}", rule.before, rule.value, rule.after))
                        .map(|rule| rule.trim_end().to_owned())
                        .collect(),
                )
            })
            .collect()
    }

    fn kind_of(property: Value) -> String {
        let schema = json!({
            "properties": {"a": property},
            "$defs": {
                "Level": {"enum": ["low", "high"], "description": "How much"},
                "Tree": {"type": "array", "items": {"$ref": "#/$defs/Tree"}},
            },
        });
        read(&schema).remove(0).1
    }

    #[test]
    fn arguments_are_read_with_their_rules() {
        let schema = json!({
            "required": ["ticker"],
            "properties": {
                "ticker": {"type": "string", "minLength": 1, "maxLength": 20, "pattern": "^[A-Z]+$"},
                "limit": {"type": ["integer", "null"], "minimum": 1, "maximum": 50, "default": 3},
                "region": {"type": "string", "default": null, "x-mcp-header": "Region"},
            },
        });
        let told: Vec<_> = read(&schema)
            .into_iter()
            .map(|(name, kind, required, rules)| {
                format!("{name}: {kind}, {required}, {}", rules.join(", "))
            })
            .collect();
        assert_eq!(
            told,
            [
                "ticker: string, true, at least 1 characters, at most 20 characters, matches ^[A-Z]+$",
                "limit: integer, false, default 3, at least 1, at most 50",
                "region: string, false, also sent as the header Mcp-Param-Region",
            ]
        );
    }

    #[test]
    fn types_are_reported_in_words() {
        for (property, expected) in [
            (json!({"type": "string"}), "string"),
            (
                json!({"type": "array", "items": {"type": "integer"}}),
                "list of integer",
            ),
            (json!({"type": "array"}), "list"),
            (json!({"$ref": "#/$defs/Level"}), "one of \"low\", \"high\""),
            (
                json!({"anyOf": [{"$ref": "#/$defs/Level"}, {"type": "null"}]}),
                "one of \"low\", \"high\"",
            ),
            (
                json!({"oneOf": [{"const": "a"}, {"type": "number"}]}),
                "\"a\" or number",
            ),
            (
                json!({"$ref": "#/$defs/Tree"}),
                "list of list of list of list of …",
            ),
            (json!({"$ref": "#/$defs/None"}), "anything"),
            (json!(true), "anything"),
            (json!({"type": "null"}), "null"),
        ] {
            assert_eq!(kind_of(property.clone()), expected, "{property}");
        }
    }

    #[test]
    fn a_choice_of_arguments_lists_those_of_each_branch_once() {
        let branch = |name: &str| json!({"properties": {"by": {"const": name}, (name): {}}});
        let schema = json!({"oneOf": [branch("id"), branch("name")]});
        let names: Vec<String> = read(&schema).into_iter().map(|one| one.0).collect();
        assert_eq!(names, ["by", "id", "name"]);
    }

    #[test]
    fn a_schema_that_is_none_has_no_arguments() {
        for schema in [
            json!({}),
            json!({"properties": []}),
            json!({"properties": {}}),
        ] {
            assert_eq!(read(&schema), []);
        }
    }
}
