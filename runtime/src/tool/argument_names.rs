//! The names of arguments: one rule for `Args` and for parameters.

use serde_json::{Map, Value};

use toolgate_json_schema::properties;

use crate::item::Names;

/// Returns the errors in the names of a tool's arguments, each with its fix. The attribute
/// reports names of parameters; those of a struct in `Args` are known only here.
pub(super) fn errors(schema: &Map<String, Value>) -> Vec<(String, &'static str)> {
    let wrong = properties(schema)
        .into_iter()
        .filter(|(name, _)| !is_name(name));
    let errors = wrong.map(|(name, _)| {
        (
            format!("the argument {name:?} has a name that some models refuse, and with it every tool of the server"),
            "set a name with `#[serde(rename = \"…\")]`: 1 to 64 characters, each a letter A-Z or a-z, a digit, `_`, `-` or `.`",
        )
    });
    errors.collect()
}

/// If the schema refuses unknown members, returns an error for each field of the struct that the
/// schema does not have: serde reads this field, but no valid call can contain it. `owner` names
/// the struct.
pub(super) fn unpublished(
    owner: &str,
    schema: &Map<String, Value>,
    fields: Names,
) -> Vec<(String, &'static str)> {
    let is_closed = ["additionalProperties", "unevaluatedProperties"]
        .iter()
        .any(|rest| schema.get(*rest) == Some(&Value::Bool(false)));
    let published = properties(schema);
    let is_published = |field: &str| published.iter().any(|(name, _)| *name == field);
    let unpublished = fields
        .iter()
        .filter(|field| is_closed && !is_published(field));
    let errors = unpublished.map(|field| {
        (
            format!("{owner} reads the member `{field}`, which its schema does not have, so a call with it is refused"),
            "remove `#[serde(alias)]`, because a model sends only published names; for a member that no call sets, write `#[serde(skip)]`",
        )
    });
    errors.collect()
}

/// The rule that the strictest model APIs have for the names of members.
fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
}
