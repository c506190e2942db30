//! Writes a choice of constants as one `enum`.
//!
//! schemars writes an enum whose variants have doc comments as a `oneOf` of constants without a
//! `type`. Clients drop such an argument or mistake it for text.

use serde_json::{Map, Value};

/// What may stand next to a constant. Only `deprecated` is dropped.
const KEYWORDS: &[&str] = &[
    "const",
    "deprecated",
    "description",
    "enum",
    "title",
    "type",
];

/// Replaces `oneOf` and `anyOf` by `type` and `enum` if every branch is a list of constants. The
/// descriptions of the branches become part of the schema's description.
pub(super) fn merge(schema: &mut Map<String, Value>) {
    for keyword in ["oneOf", "anyOf"] {
        let has_rules = ["type", "enum", "const"]
            .iter()
            .any(|rule| schema.contains_key(*rule));
        let choice = schema.get(keyword).and_then(Value::as_array);
        let Some(choice) = choice.filter(|_| !has_rules).and_then(|all| read(all)) else {
            continue;
        };
        let Choice {
            types,
            values,
            texts,
        } = choice;
        schema.remove(keyword);
        let kind = match types.as_slice() {
            [only] => Value::from(*only),
            _ => types.into(),
        };
        schema.insert("type".to_owned(), kind);
        schema.insert("enum".to_owned(), values.into());
        if !texts.is_empty() {
            let own = schema.get("description").and_then(Value::as_str);
            let own = own.map(|own| format!("{own}\n\n")).unwrap_or_default();
            let description = own + &texts.join("\n");
            schema.insert("description".to_owned(), description.into());
        }
    }
}

/// The constants of all branches.
#[derive(Default)]
struct Choice {
    types: Vec<&'static str>,
    values: Vec<Value>,
    texts: Vec<String>,
}

/// Reads the branches. Returns `None` if one of them is not a list of constants.
fn read(branches: &[Value]) -> Option<Choice> {
    let mut choice = Choice::default();
    for branch in branches {
        let branch = branch.as_object()?;
        let is_known = |keyword: &String| KEYWORDS.contains(&keyword.as_str());
        if !branch.keys().all(is_known) {
            return None;
        }
        let values = match (branch.get("const"), branch.get("enum")) {
            (Some(one), None) => vec![one.clone()],
            (None, Some(Value::Array(many))) => many.clone(),
            (None, None) if branch.get("type")? == "null" => vec![Value::Null],
            _ => return None,
        };
        for value in &values {
            let name = type_of(value)?;
            if choice.values.contains(value) {
                // A `oneOf` refuses what two branches allow.
                return None;
            }
            choice.values.push(value.clone());
            if !choice.types.contains(&name) {
                choice.types.push(name);
            }
        }
        let text = ["description", "title"]
            .iter()
            .find_map(|key| branch.get(*key)?.as_str());
        choice
            .texts
            .extend(text.map(|text| match values.as_slice() {
                [Value::String(one)] => format!("- `{one}`: {text}"),
                [one] => format!("- `{one}`: {text}"),
                _ => text.to_owned(),
            }));
    }
    let has_value = choice.values.iter().any(|value| !value.is_null());
    has_value.then_some(choice)
}

/// Returns the type of a constant.
fn type_of(value: &Value) -> Option<&'static str> {
    Some(match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::String(_) => "string",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::Array(_) | Value::Object(_) => return None,
    })
}
