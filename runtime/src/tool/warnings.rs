//! Warnings about a tool that some clients refuse or misunderstand.

use serde_json::{Map, Value};

use toolgate_json_schema::properties;

/// The longest name of a tool that the clients in the warning accept.
const LONGEST_NAME: usize = 64;

/// What says which values a schema allows.
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
    let is_typed = |property: &Value| RULES.iter().any(|rule| property.get(*rule).is_some());
    let untyped = properties(schema).into_iter();
    let untyped = untyped.filter(|(_, property)| !is_typed(property));
    warnings.extend(untyped.map(|(name, _)| {
        format!(
            "the argument `{name}` of the tool `{tool}` has no type, and clients send text for it: take a type, such as `serde_json::Map<String, Value>` for an object"
        )
    }));
    warnings
}
