//! Reads and changes what a schema says about members and `null`, for its other readers.

use serde_json::{Map, Value};

/// Returns the members that a schema describes, also in the branches of a choice. A member of
/// several branches is returned for each.
pub fn properties(schema: &Map<String, Value>) -> Vec<(&String, &Value)> {
    let own = schema.get("properties").and_then(Value::as_object);
    let mut found: Vec<_> = own.into_iter().flatten().collect();
    for keyword in ["allOf", "anyOf", "oneOf"] {
        let branches = schema.get(keyword).and_then(Value::as_array);
        for branch in branches.into_iter().flatten().filter_map(Value::as_object) {
            found.extend(properties(branch));
        }
    }
    found
}

/// Removes `null` from the values that a schema allows at its top level. Returns whether it was
/// allowed.
pub fn without_null(schema: &mut Map<String, Value>) -> bool {
    let mut was_allowed = false;
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        let before = types.len();
        types.retain(|one| one != "null");
        was_allowed = types.len() < before;
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".into(), only);
        }
    }
    if let Some(Value::Array(values)) = schema.get_mut("enum") {
        values.retain(|one| !one.is_null());
    }
    let other = match schema
        .get("anyOf")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
    {
        Some([one, null]) if null.get("type").is_some_and(|of| of == "null") => {
            one.as_object().cloned()
        }
        _ => None,
    };
    if let Some(other) = other {
        was_allowed = true;
        schema.remove("anyOf");
        for (keyword, value) in other {
            schema.entry(keyword).or_insert(value);
        }
    }
    was_allowed
}
