//! Warnings about a tool that some clients refuse or misunderstand.

use serde_json::{Map, Value};

use toolgate_json_schema::properties;

/// The longest name of a tool that the clients in the warning accept.
const LONGEST_NAME: usize = 64;

/// The keywords that say which values a schema allows.
const RULES: &[&str] = &[
    "type", "enum", "const", "$ref", "allOf", "anyOf", "oneOf", "not", "if",
];

/// Returns the warnings about a tool with this schema of arguments.
pub(super) fn of(tool: &str, schema: &Map<String, Value>) -> Vec<String> {
    let mut warnings = Vec::new();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    if tool.len() > LONGEST_NAME || !tool.bytes().all(is_plain) {
        warnings.push(format!(
            "the tool `{tool}` has a name that claude.ai, Claude Desktop, Copilot and OpenAI refuse, and some of them refuse every tool of the server with it: use at most {LONGEST_NAME} characters of A-Z a-z 0-9 _ -"
        ));
    }
    if let Some(keyword) = ["oneOf", "anyOf", "allOf"]
        .iter()
        .find(|keyword| schema.contains_key(**keyword))
    {
        warnings.push(format!(
            "the schema of the tool `{tool}` has `{keyword}` at its top, and some model APIs refuse every tool of a request with such a tool: move it into one argument; for an enum, write `find: Find` instead of `Args(find): Args<Find>`"
        ));
    }
    let mut untyped = Vec::new();
    find_untyped(schema, "", &mut untyped);
    warnings.extend(untyped.iter().map(|name| {
        format!(
            "the argument `{name}` of the tool `{tool}` has no type, and clients send text for it: take a type, such as `serde_json::Map<String, Value>` for an object"
        )
    }));
    warnings
}

/// Adds the members without a type, also those of inner objects, lists and definitions.
fn find_untyped(schema: &Map<String, Value>, path: &str, found: &mut Vec<String>) {
    let is_typed = |value: &Value| RULES.iter().any(|rule| value.get(*rule).is_some());
    let members = properties(schema).into_iter();
    let members = members.map(|(name, member)| (format!("{path}{name}"), member));
    let items = schema
        .get("items")
        .map(|items| (format!("{path}[]"), items));
    for (path, member) in members.chain(items) {
        match member.as_object().filter(|_| is_typed(member)) {
            Some(inner) if inner.contains_key("items") => find_untyped(inner, &path, found),
            Some(inner) => find_untyped(inner, &format!("{path}."), found),
            None => found.push(path),
        }
    }
    let definitions = schema.get("$defs").and_then(Value::as_object);
    for (name, definition) in definitions.into_iter().flatten() {
        if let Some(definition) = definition.as_object() {
            find_untyped(definition, &format!("{name}."), found);
        }
    }
}
