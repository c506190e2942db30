//! Checks schemas and values from a fuzzer with a second implementation of the simple
//! keywords.
//!
//! The second implementation follows the specification (JSON Schema 2020-12, Core §10 and
//! Validation §6) keyword by keyword, without optimisation. It supports whole numbers that
//! every JSON parser represents exactly, and returns `None` for anything else.

use super::*;

/// Below this, a whole number is exact as an integer and as a double.
const EXACT: u64 = 1 << 53;

/// Validates a value by a schema, both JSON, separated by a newline, and compares the result with
/// a second implementation.
///
/// # Panics
///
/// If the two differ.
pub fn check(bytes: &[u8]) {
    let mut parts = bytes.splitn(2, |&byte| byte == b'\n');
    let (Some(schema), Some(value)) = (parts.next(), parts.next()) else {
        return;
    };
    let (Ok(document), Ok(value)) = (
        serde_json::from_slice(schema),
        serde_json::from_slice(value),
    ) else {
        return;
    };
    let Value::Object(members) = &document else {
        return;
    };
    let schema = match Schema::compile(members) {
        Ok(schema) => schema,
        Err(errors) => {
            let told = |error: &SchemaError| !error.what.is_empty() && !error.remedy.is_empty();
            assert!(!errors.is_empty() && errors.iter().all(told), "{document}");
            return;
        }
    };
    let is_valid = schema.is_valid(&value);
    let errors = schema.errors(&value, 3);
    assert_eq!(errors.is_empty(), is_valid, "{document} {value}");
    assert!(errors.len() <= 3, "{document} {value}: {errors:?}");
    let is_exhausted = errors
        .iter()
        .any(|error| error.kind == ValidationErrorKind::TooComplicated);
    if let (false, Some(expected)) = (is_exhausted, holds(&document, &value)) {
        assert_eq!(is_valid, expected, "{document} {value}: {errors:?}");
    }
}

/// Returns whether a value is valid, or `None` if this implementation does not support the
/// schema or the value.
fn holds(schema: &Value, value: &Value) -> Option<bool> {
    let keywords = match schema {
        Value::Bool(all) => return Some(*all),
        Value::Object(keywords) => keywords,
        _ => return None,
    };
    if !is_exact(value) || !is_exact(schema) {
        return None;
    }
    // Every keyword is checked: an unknown keyword gives `None`, whatever the others give.
    let mut all = true;
    for (keyword, argument) in keywords {
        all &= keyword_holds(keywords, keyword, argument, value)?;
    }
    Some(all)
}

fn keyword_holds(
    keywords: &Map<String, Value>,
    keyword: &str,
    argument: &Value,
    value: &Value,
) -> Option<bool> {
    let every = |values: Vec<&Value>| {
        let held = values.into_iter().map(|one| holds(argument, one));
        let held: Vec<_> = held.collect::<Option<_>>()?;
        Some(held.iter().all(|held| *held))
    };
    let held = || {
        let schemas = argument.as_array()?.iter();
        let held = schemas.map(|schema| holds(schema, value));
        let held: Vec<_> = held.collect::<Option<_>>()?;
        Some((held.iter().filter(|held| **held).count(), held.len()))
    };
    let number = || argument.as_i64();
    let size = || {
        argument
            .as_u64()
            .and_then(|size| usize::try_from(size).ok())
    };
    Some(match (keyword, value) {
        (
            "title" | "description" | "format" | "$comment" | "default" | "examples" | "deprecated",
            _,
        ) => true,
        ("type", _) => match argument {
            Value::String(name) => is_of_type(name, value)?,
            Value::Array(names) => names.iter().try_fold(false, |any, name| {
                Some(any | is_of_type(name.as_str()?, value)?)
            })?,
            _ => return None,
        },
        ("const", _) => argument == value,
        ("enum", _) => argument.as_array()?.contains(value),
        ("allOf", _) => held().map(|(held, all)| held == all)?,
        ("anyOf", _) => held()?.0 > 0,
        ("oneOf", _) => held()?.0 == 1,
        ("not", _) => !holds(argument, value)?,
        ("if", _) => {
            let branch = match holds(argument, value)? {
                true => keywords.get("then"),
                false => keywords.get("else"),
            };
            branch.map_or(Some(true), |branch| holds(branch, value))?
        }
        // Evaluated with `if`; ignored without it.
        ("then" | "else", _) => true,
        ("minimum", Value::Number(one)) => one.as_i64()? >= number()?,
        ("maximum", Value::Number(one)) => one.as_i64()? <= number()?,
        ("exclusiveMinimum", Value::Number(one)) => one.as_i64()? > number()?,
        ("exclusiveMaximum", Value::Number(one)) => one.as_i64()? < number()?,
        ("multipleOf", Value::Number(one)) => one.as_i64()?.checked_rem(number()?)? == 0,
        ("minLength", Value::String(text)) => text.chars().count() >= size()?,
        ("maxLength", Value::String(text)) => text.chars().count() <= size()?,
        ("minItems", Value::Array(items)) => items.len() >= size()?,
        ("maxItems", Value::Array(items)) => items.len() <= size()?,
        ("uniqueItems", Value::Array(items)) => {
            let is_new = |at: usize| !items[..at].contains(&items[at]);
            !argument.as_bool()? || (0..items.len()).all(is_new)
        }
        ("items", Value::Array(items)) => {
            let first = keywords.get("prefixItems").and_then(Value::as_array);
            every(items.iter().skip(first.map_or(0, Vec::len)).collect())?
        }
        ("prefixItems", Value::Array(items)) => {
            let mut pairs = argument.as_array()?.iter().zip(items);
            pairs.try_fold(true, |all, (schema, item)| Some(all & holds(schema, item)?))?
        }
        ("minProperties", Value::Object(members)) => members.len() >= size()?,
        ("maxProperties", Value::Object(members)) => members.len() <= size()?,
        ("required", Value::Object(members)) => {
            let mut names = argument.as_array()?.iter();
            names.try_fold(true, |all, name| {
                Some(all & members.contains_key(name.as_str()?))
            })?
        }
        ("properties", Value::Object(members)) => {
            let mut schemas = argument.as_object()?.iter();
            schemas.try_fold(true, |all, (name, schema)| {
                let one = members.get(name).map(|member| holds(schema, member));
                Some(all & one.unwrap_or(Some(true))?)
            })?
        }
        ("additionalProperties", Value::Object(members)) => {
            let known = keywords.get("properties").and_then(Value::as_object);
            let is_known = |name: &str| known.is_some_and(|known| known.contains_key(name));
            let rest = members.iter().filter(|(name, _)| !is_known(name));
            every(rest.map(|(_, member)| member).collect())?
        }
        ("propertyNames", Value::Object(members)) => {
            let names: Vec<_> = members.keys().cloned().map(Value::String).collect();
            every(names.iter().collect())?
        }
        (
            "minimum"
            | "maximum"
            | "exclusiveMinimum"
            | "exclusiveMaximum"
            | "multipleOf"
            | "minLength"
            | "maxLength"
            | "minItems"
            | "maxItems"
            | "uniqueItems"
            | "items"
            | "prefixItems"
            | "minProperties"
            | "maxProperties"
            | "required"
            | "properties"
            | "additionalProperties"
            | "propertyNames",
            _,
        ) => true,
        _ => return None,
    })
}

fn is_of_type(name: &str, value: &Value) -> Option<bool> {
    Some(match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" | "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => return None,
    })
}

/// Returns whether all numbers are whole and small.
fn is_exact(value: &Value) -> bool {
    match value {
        Value::Number(number) => number
            .as_i64()
            .is_some_and(|number| number.unsigned_abs() < EXACT),
        Value::Array(items) => items.iter().all(is_exact),
        Value::Object(members) => members.values().all(is_exact),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_input_of_the_corpus_is_validated_as_a_second_reading_does() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        // The published crate contains no corpora.
        let Ok(folder) = std::fs::read_dir(root.join("../fuzz/corpus/arguments")) else {
            return;
        };
        let files: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
        assert!(files.len() > 10);
        for file in files {
            let bytes = std::fs::read(&file).unwrap();
            let checked = std::panic::catch_unwind(|| check(&bytes));
            assert!(checked.is_ok(), "{} panics", file.display());
        }
    }

    #[test]
    fn the_second_reading_has_an_opinion_and_can_be_wrong() {
        let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        let opinion = |schema: &str, value: &str| holds(&read(schema), &read(value));
        let schema = r#"{"properties":{"a":{"type":"integer"}},"required":["a"]}"#;
        assert_eq!(opinion(schema, r#"{"a":1}"#), Some(true));
        assert_eq!(opinion(schema, r#"{"a":"1"}"#), Some(false));
        assert_eq!(opinion(schema, "{}"), Some(false));
        assert_eq!(opinion(r#"{"pattern":"a"}"#, r#""b""#), None);
        assert_eq!(opinion(r#"{"minimum":1}"#, "1.5"), None);
    }
}
