//! `--arg name=value`: the value has the type that the tool's schema declares.

use std::slice;

use serde_json::{Map, Value};

/// The most parts of a schema that are read for one argument: references can multiply them.
const MOST_PARTS: usize = 256;
/// The most types that a part lists. JSON Schema has seven.
const MOST_TYPES: usize = 7;

/// Splits each argument at its first `=`.
///
/// # Errors
///
/// Returns the argument that has none, or that is repeated.
pub(super) fn pairs(arguments: &[String]) -> Result<Vec<(String, String)>, String> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for argument in arguments {
        let Some((name, value)) = argument
            .split_once('=')
            .filter(|(name, _)| !name.is_empty())
        else {
            return Err(format!("--arg is `{argument}`; write --arg name=value"));
        };
        if pairs.iter().any(|(own, _)| own == name) {
            return Err(format!(
                "--arg {name}=… is repeated; write a list as --arg {name}='[1, 2]'"
            ));
        }
        pairs.push((name.to_owned(), value.to_owned()));
    }
    Ok(pairs)
}

/// Adds arguments, with the types of the schema.
///
/// # Errors
///
/// Returns every argument that the tool does not have, or whose value has another type.
pub(super) fn add(
    arguments: &mut Map<String, Value>,
    pairs: &[(String, String)],
    schema: &Value,
) -> Result<(), String> {
    let properties = schema["properties"].as_object();
    let is_open = schema.get("additionalProperties") != Some(&Value::Bool(false));
    let mut errors = Vec::new();
    for (name, text) in pairs {
        let property = properties.and_then(|properties| properties.get(name));
        let value = match property {
            Some(property) => {
                let mut left = MOST_PARTS;
                parse(text, &kinds(schema, property, &mut left))
                    .map_err(|expected| format!("--arg {name}={text}: the value is not {expected}"))
            }
            // Without `additionalProperties` a schema allows any name, but a name that it does
            // not list is a mistake.
            None if is_open && properties.is_none() => parse(text, &[]),
            None => {
                let names = properties.into_iter().flatten().map(|(name, _)| &**name);
                let names: Vec<_> = names.collect();
                let names = match names.is_empty() {
                    true => "it has none".to_owned(),
                    false => format!("it has {}", names.join(", ")),
                };
                Err(format!("the tool has no argument `{name}`; {names}"))
            }
        };
        match value {
            Ok(_) if arguments.contains_key(name) => {
                errors.push(format!("`{name}` is in --arg and in --args"));
            }
            Ok(value) => {
                arguments.insert(name.clone(), value);
            }
            Err(error) => errors.push(error),
        }
    }
    match errors.is_empty() {
        true => Ok(()),
        false => Err(errors.join("; ")),
    }
}

/// The types of a property, as JSON Schema names them. Empty: any type, also if the schema has
/// more parts than are `left`.
fn kinds<'s>(root: &'s Value, property: &'s Value, left: &mut usize) -> Vec<&'s str> {
    let Some(rest) = left.checked_sub(1) else {
        return Vec::new();
    };
    *left = rest;
    if let Some(pointer) = property["$ref"].as_str() {
        let target = pointer
            .strip_prefix('#')
            .and_then(|path| root.pointer(path));
        return target.map_or_else(Vec::new, |target| kinds(root, target, left));
    }
    match &property["type"] {
        Value::String(kind) => return vec![kind],
        Value::Array(list) => {
            let names = list.iter().filter_map(Value::as_str);
            return names.take(MOST_TYPES).collect();
        }
        _ => {}
    }
    let constants = property["enum"].as_array().map(Vec::as_slice);
    let constants = constants.or_else(|| property.get("const").map(slice::from_ref));
    if let Some(constants) = constants {
        return distinct(constants.iter().map(kind_of));
    }
    let choices = property["anyOf"].as_array();
    let choices = choices.or_else(|| property["oneOf"].as_array());
    let mut all = Vec::new();
    for choice in choices.into_iter().flatten() {
        let own = kinds(root, choice, left);
        if own.is_empty() {
            return Vec::new();
        }
        all.extend(own);
    }
    distinct(all)
}

/// Removes repetitions, and keeps the order.
fn distinct<'s>(kinds: impl IntoIterator<Item = &'s str>) -> Vec<&'s str> {
    let mut all = Vec::new();
    for kind in kinds {
        if !all.contains(&kind) {
            all.push(kind);
        }
    }
    all
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Parses a value as one of these types. If the types include `string`, the value is always a
/// string; `--args` can set `null` or a number for such an argument.
fn parse(text: &str, kinds: &[&str]) -> Result<Value, String> {
    let is_allowed = |kind: &str| kinds.contains(&kind);
    if is_allowed("string") {
        return Ok(text.into());
    }
    let value: Option<Value> = serde_json::from_str(text).ok();
    if kinds.is_empty() {
        return Ok(value.unwrap_or_else(|| text.into()));
    }
    let value = value.filter(|value| match value {
        Value::Number(number) => {
            let is_whole = number.as_f64().is_some_and(|number| number.fract() == 0.0);
            is_allowed("number") || (is_allowed("integer") && is_whole)
        }
        other => is_allowed(kind_of(other)),
    });
    value.ok_or_else(|| {
        let named = kinds.iter().map(|kind| match *kind {
            "integer" => "a whole number",
            "number" => "a number",
            "boolean" => "true or false",
            "array" => "a JSON list",
            "object" => "a JSON object",
            "null" => "null",
            _ => "of a type that this program knows",
        });
        let mut named: Vec<_> = named.collect();
        named.dedup();
        named.join(" or ")
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn typed(arguments: &[&str], schema: &Value) -> Result<Value, String> {
        let arguments: Vec<_> = arguments.iter().map(|one| (*one).to_owned()).collect();
        let mut all = Map::new();
        add(&mut all, &pairs(&arguments)?, schema)?;
        Ok(Value::Object(all))
    }

    fn schema() -> Value {
        json!({
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "text": {"type": "string"},
                "note": {"type": ["string", "null"]},
                "count": {"type": "integer"},
                "maybe": {"anyOf": [{"$ref": "#/$defs/Count"}, {"type": "null"}]},
                "ratio": {"type": "number"},
                "on": {"type": "boolean"},
                "list": {"type": "array"},
                "place": {"$ref": "#/$defs/Place"},
                "level": {"enum": ["low", "high"]},
                "any": {},
                "loop": {"$ref": "#/$defs/Loop"},
            },
            "$defs": {
                "Count": {"type": "integer"},
                "Place": {"type": "object"},
                "Loop": {"$ref": "#/$defs/Loop"},
            },
        })
    }

    #[test]
    fn a_value_has_the_type_of_the_schema() {
        for (argument, value) in [
            ("text=5", json!({"text": "5"})),
            ("text=", json!({"text": ""})),
            ("text=a=b", json!({"text": "a=b"})),
            ("note=null", json!({"note": "null"})),
            ("count=5", json!({"count": 5})),
            ("count=-5", json!({"count": -5})),
            (
                "count=18446744073709551615",
                json!({"count": 18_446_744_073_709_551_615_u64}),
            ),
            ("maybe=3", json!({"maybe": 3})),
            ("maybe=null", json!({"maybe": null})),
            ("ratio=0.5", json!({"ratio": 0.5})),
            ("on=true", json!({"on": true})),
            ("list=[1, \"a\"]", json!({"list": [1, "a"]})),
            ("place={\"x\": 1}", json!({"place": {"x": 1}})),
            ("level=low", json!({"level": "low"})),
            ("any=5", json!({"any": 5})),
            ("any=five", json!({"any": "five"})),
            ("loop=5", json!({"loop": 5})),
        ] {
            assert_eq!(typed(&[argument], &schema()), Ok(value), "{argument}");
        }
    }

    #[test]
    fn a_value_of_another_type_is_named_with_what_was_expected() {
        for (argument, expected) in [
            ("count=five", "a whole number"),
            ("count=1.5", "a whole number"),
            ("count=\"5\"", "a whole number"),
            ("maybe=x", "a whole number or null"),
            ("ratio=x", "a number"),
            ("on=yes", "true or false"),
            ("list=1,2", "a JSON list"),
            ("place=here", "a JSON object"),
        ] {
            let error = typed(&[argument], &schema()).unwrap_err();
            assert!(
                error.contains(argument) && error.contains(expected),
                "{error}"
            );
        }
        let error = typed(&["count=x", "on=1"], &schema()).unwrap_err();
        assert_eq!(error.split("; ").count(), 2, "all errors together: {error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }

    #[test]
    fn references_that_multiply_end_soon() {
        // Each level has 64 references to the next: 64⁸ parts.
        let levels = (0..8).map(|level| {
            let next = json!({"$ref": format!("#/$defs/level{}", level + 1)});
            (format!("level{level}"), json!({"anyOf": vec![next; 64]}))
        });
        let mut levels: Map<_, _> = levels.collect();
        levels.insert("level8".to_owned(), json!({"type": "integer"}));
        let schema = json!({
            "properties": {"a": {"$ref": "#/$defs/level0"}},
            "$defs": levels,
        });
        assert_eq!(typed(&["a=x"], &schema), Ok(json!({"a": "x"})));
    }

    #[test]
    fn long_lists_of_types_and_choices_are_read() {
        let many: Vec<_> = (0..10_000).map(|number| format!("level{number}")).collect();
        let choices = vec![json!({"type": "integer"}); 100];
        let schema = json!({"properties": {
            "level": {"enum": many},
            "types": {"type": vec!["integer"; 10_000]},
            "choice": {"anyOf": choices},
        }});
        assert_eq!(typed(&["level=5"], &schema), Ok(json!({"level": "5"})));
        for argument in ["types=x", "choice=x"] {
            let error = typed(&[argument], &schema).unwrap_err();
            assert!(error.ends_with("is not a whole number"), "{error}");
        }
    }

    #[test]
    fn an_argument_that_the_tool_does_not_have_is_refused() {
        let error = typed(&["txt=a"], &schema()).unwrap_err();
        assert!(error.contains("`txt`") && error.contains("text"), "{error}");
        let none = json!({"type": "object", "properties": {}});
        assert!(typed(&["a=1"], &none).is_err());
        assert_eq!(typed(&["a=1"], &json!({})), Ok(json!({"a": 1})));
        for bad in ["novalue", "=x"] {
            assert!(typed(&[bad], &schema()).is_err(), "{bad}");
        }
        assert!(typed(&["count=1", "count=2"], &schema()).is_err());
    }
}
