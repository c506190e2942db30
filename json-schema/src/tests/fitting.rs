//! Generates values that match a schema, or almost match it.

use serde_json::{Map, Value, json};

use super::generated::{Dice, NAMES, number, text, value};

/// Generates a value that matches each keyword on its own.
pub(super) fn fitting(dice: &mut Dice, schema: &Value, root: &Value, depth: usize) -> Value {
    let Some(rules) = schema.as_object().filter(|_| depth > 0 && !dice.one_in(24)) else {
        return value(dice, 1);
    };
    if let Some(one) = rules.get("const") {
        return one.clone();
    }
    if let Some(many) = rules.get("enum").and_then(Value::as_array) {
        return dice.pick(many);
    }
    let pointer = rules.get("$ref").and_then(Value::as_str);
    let pointer = pointer.map(|text| text.trim_start_matches('#').replace("%24", "$"));
    let target = pointer.and_then(|pointer| root.pointer(&pointer));
    let mut branches = ["oneOf", "anyOf", "allOf"].iter();
    let branches = branches.find_map(|keyword| rules.get(*keyword)?.as_array());
    let branch = branches.map(|branches| dice.pick(branches));
    let inner = target.or(branch.as_ref()).or_else(|| rules.get("then"));
    let inner = inner.map(|inner| fitting(dice, inner, root, depth - 1));
    let own = own(dice, rules, root, depth - 1);
    match (inner, own) {
        (Some(Value::Object(mut one)), Some(Value::Object(two))) => {
            one.extend(two);
            Value::Object(one)
        }
        (Some(inner), None) => inner,
        (_, Some(own)) => own,
        (None, None) => value(dice, 1),
    }
}

fn own(dice: &mut Dice, rules: &Map<String, Value>, root: &Value, depth: usize) -> Option<Value> {
    let has = |keywords: &[&str]| keywords.iter().any(|keyword| rules.contains_key(*keyword));
    let kind = match rules.get("type") {
        Some(Value::Array(kinds)) => dice.pick(kinds).as_str().map(str::to_owned),
        one => one.and_then(Value::as_str).map(str::to_owned),
    };
    let kind = kind.as_deref().or(match () {
        () if has(&[
            "properties",
            "required",
            "minProperties",
            "patternProperties",
            "additionalProperties",
        ]) =>
        {
            Some("object")
        }
        () if has(&[
            "items",
            "prefixItems",
            "contains",
            "minItems",
            "uniqueItems",
        ]) =>
        {
            Some("array")
        }
        () if has(&["minLength", "maxLength", "pattern", "format"]) => Some("string"),
        () if has(&[
            "minimum",
            "maximum",
            "exclusiveMinimum",
            "exclusiveMaximum",
            "multipleOf",
        ]) =>
        {
            Some("number")
        }
        () => None,
    })?;
    Some(match kind {
        "object" => {
            let mut out = Map::new();
            let known = rules.get("properties").and_then(Value::as_object);
            for (name, schema) in known.into_iter().flatten() {
                if !dice.one_in(4) {
                    out.insert(name.clone(), fitting(dice, schema, root, depth));
                }
            }
            let required = rules.get("required").and_then(|names| names.get(0));
            let extra = required.and_then(Value::as_str).map(str::to_owned);
            let extra = extra.or_else(|| dice.one_in(3).then(|| dice.pick(&NAMES).to_owned()));
            if let Some(name) = extra.filter(|name| !out.contains_key(name)) {
                let rest = rules.get("additionalProperties").unwrap_or(&Value::Null);
                out.insert(name, fitting(dice, rest, root, depth));
            }
            Value::Object(out)
        }
        "array" => {
            let prefix = rules.get("prefixItems").and_then(Value::as_array);
            let prefix = prefix.into_iter().flatten();
            let rest = rules
                .get("contains")
                .or(rules.get("items"))
                .unwrap_or(&Value::Null);
            let count = dice.below(4);
            let schemas = prefix.chain(std::iter::repeat(rest)).take(count);
            schemas
                .map(|schema| fitting(dice, schema, root, depth))
                .collect()
        }
        "string" => text(dice).into(),
        "number" => number(dice),
        "integer" => dice.pick(&[json!(1), json!(2), json!(0), json!(10), json!(3.0)]),
        "boolean" => json!(dice.one_in(2)),
        _ => Value::Null,
    })
}
