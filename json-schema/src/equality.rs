//! Equality of JSON values as JSON Schema defines it (2020-12 core §4.2.2): numbers by
//! value, members of objects in any order.

use std::hash::{BuildHasher, Hash, Hasher, RandomState};

use serde_json::Value;

use super::number::Exact;

/// Returns whether two values are equal.
pub(super) fn is_equal(one: &Value, two: &Value) -> bool {
    match (one, two) {
        (Value::Number(one), Value::Number(two)) => {
            one == two
                || Exact::from_number(one).is_some_and(|one| Exact::from_number(two) == Some(one))
        }
        (Value::Array(one), Value::Array(two)) => {
            one.len() == two.len() && one.iter().zip(two).all(|(one, two)| is_equal(one, two))
        }
        (Value::Object(one), Value::Object(two)) => {
            let is_in = |(name, value)| two.get(name).is_some_and(|two| is_equal(value, two));
            one.len() == two.len() && one.iter().all(is_in)
        }
        _ => one == two,
    }
}

/// Returns whether all values of a list differ. The hash has a random key, so a caller
/// cannot provoke collisions, and a long list costs little more than its length.
pub(super) fn are_unique(items: &[Value]) -> bool {
    let hashes = RandomState::new();
    let mut hashed: Vec<(u64, &Value)> = items
        .iter()
        .map(|item| (hash(item, &hashes), item))
        .collect();
    hashed.sort_unstable_by_key(|(hash, _)| *hash);
    hashed.chunk_by(|one, two| one.0 == two.0).all(|alike| {
        alike.iter().enumerate().all(|(at, (_, one))| {
            let rest = alike.iter().skip(at + 1);
            rest.into_iter().all(|(_, two)| !is_equal(one, two))
        })
    })
}

/// Returns the size of a value, in steps of a check.
pub(super) fn weight(value: &Value) -> usize {
    match value {
        Value::String(text) => 1 + text.len() / 64,
        Value::Array(items) => items.iter().fold(1, |sum, item| sum + weight(item)),
        Value::Object(members) => members.iter().fold(1, |sum, (name, value)| {
            sum + name.len() / 64 + weight(value)
        }),
        _ => 1,
    }
}

fn hash(value: &Value, hashes: &RandomState) -> u64 {
    let mut hasher = hashes.build_hasher();
    match value {
        Value::Null => 0_u8.hash(&mut hasher),
        Value::Bool(value) => (1_u8, value).hash(&mut hasher),
        Value::Number(number) => {
            2_u8.hash(&mut hasher);
            if let Some(number) = Exact::from_number(number) {
                number.hash(&mut hasher);
            }
        }
        Value::String(text) => (3_u8, text).hash(&mut hasher),
        Value::Array(items) => {
            4_u8.hash(&mut hasher);
            for item in items {
                hash(item, hashes).hash(&mut hasher);
            }
        }
        Value::Object(members) => {
            5_u8.hash(&mut hasher);
            // A sum, because the order of members has no meaning.
            let sum = members.iter().fold(0_u64, |sum, (name, value)| {
                sum.wrapping_add(hashes.hash_one((name, hash(value, hashes))))
            });
            sum.hash(&mut hasher);
        }
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_are_equal_by_value_at_any_depth() {
        assert!(is_equal(&json!([1, {"a": 2.0}]), &json!([1.0, {"a": 2}])));
        assert!(!is_equal(&json!([1]), &json!([1, 1])));
        assert!(!is_equal(&json!({"a": 1}), &json!({"b": 1})));
        assert!(!is_equal(&json!(1), &json!("1")));
        assert!(!is_equal(&json!(0), &json!(false)));
    }

    #[test]
    fn what_is_there_twice_is_found_in_any_list() {
        assert!(!are_unique(&[
            json!({"a": 1, "b": 2}),
            json!({"b": 2.0, "a": 1})
        ]));
        assert!(!are_unique(&[json!(-0.0), json!(1), json!(0)]));
        assert!(are_unique(&[
            json!([1]),
            json!([[1]]),
            json!(1),
            json!("1"),
            json!(true)
        ]));
        let mut many: Vec<Value> = (0..50_000).map(Value::from).collect();
        assert!(are_unique(&many));
        many.push(json!(49_999.0));
        assert!(!are_unique(&many));
    }
}
