//! The names of arguments: one rule for `Args` and for parameters.

use serde_json::{Map, Value};

use crate::json_schema::properties;

/// Returns the errors in the names of a tool's arguments, each with its fix. `fields` are the
/// names that the struct in `Args` reads.
///
/// The attribute reports names of parameters. Those of a struct are known only here.
pub(super) fn errors(
    schema: &Map<String, Value>,
    fields: &'static [&'static str],
) -> Vec<(String, &'static str)> {
    let properties = properties(schema);
    let mut errors = Vec::new();
    for (name, _) in &properties {
        if !is_name(name) {
            errors.push((
                format!("the argument {name:?} has a name that some models refuse, and with it every tool of the server"),
                "set a name with `#[serde(rename = \"…\")]`: 1 to 64 characters, each a letter A-Z or a-z, a digit, `_`, `-` or `.`",
            ));
        }
    }
    let is_closed = ["additionalProperties", "unevaluatedProperties"]
        .iter()
        .any(|rest| schema.get(*rest) == Some(&Value::Bool(false)));
    let is_published = |field: &str| properties.iter().any(|(name, _)| *name == field);
    for field in fields
        .iter()
        .filter(|field| is_closed && !is_published(field))
    {
        errors.push((
            format!("the struct in `Args` reads the member `{field}`, which its schema does not have, so a call with it is refused"),
            "remove `#[serde(alias)]`, because a model sends only published names; for a member that no call sets, write `#[serde(skip)]`",
        ));
    }
    errors
}

/// The rule that the strictest model APIs have for the names of members.
fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
}
