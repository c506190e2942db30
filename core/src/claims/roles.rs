//! The roles of a token, at the places where its issuer writes them.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// The most roles of a token that count. Further ones are as if the token did not have them.
const MOST: usize = 1_024;

/// The names of members, from the outermost object to the roles: `realm_access`, `roles`.
pub(crate) type RolePath = Vec<Cow<'static, str>>;

/// Reads the roles at these paths, sorted, each once.
///
/// A path leads to one role or to an array of roles. Anything else is no role, so that an item
/// with a role denies the caller; the token stays valid for all others.
pub(super) fn read(paths: &[RolePath], all: &Map<String, Value>) -> Vec<String> {
    let mut roles: Vec<String> = paths
        .iter()
        .filter_map(|path| at(path, all))
        .filter_map(names)
        .flatten()
        .filter(|role| !role.is_empty())
        .take(MOST)
        .map(str::to_owned)
        .collect();
    roles.sort_unstable();
    roles.dedup();
    roles
}

fn at<'a>(path: &RolePath, all: &'a Map<String, Value>) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    let first = all.get(&**first)?;
    rest.iter()
        .try_fold(first, |value, name| value.get(&**name))
}

/// One string is one role: a role may have spaces, so it is not split.
fn names(value: &Value) -> Option<Vec<&str>> {
    match value {
        Value::String(one) => Some(vec![one]),
        Value::Array(many) => many.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn roles(paths: &[&[&'static str]], all: Value) -> Vec<String> {
        let path = |path: &&[&'static str]| path.iter().map(|name| (*name).into()).collect();
        let paths: Vec<RolePath> = paths.iter().map(path).collect();
        read(&paths, all.as_object().unwrap())
    }

    #[test]
    fn roles_are_read_at_each_path_and_add_up() {
        let all = json!({
            "realm_access": {"roles": ["b", "a", "b"]},
            "resource_access": {"my-client": {"roles": ["c"]}, "other": {"roles": ["d"]}},
            "roles": ["e"],
        });
        let realm = &["realm_access", "roles"][..];
        let client = &["resource_access", "my-client", "roles"][..];
        assert_eq!(roles(&[realm], all.clone()), ["a", "b"]);
        assert_eq!(roles(&[realm, client], all.clone()), ["a", "b", "c"]);
        assert!(roles(&[], all).is_empty());
    }

    #[test]
    fn a_name_with_dots_is_one_member() {
        let all = json!({"https://example.com/roles": ["a"], "x.y": "b", "x": {"y": "c"}});
        assert_eq!(roles(&[&["https://example.com/roles"]], all.clone()), ["a"]);
        assert_eq!(roles(&[&["x.y"]], all), ["b"]);
    }

    #[test]
    fn one_string_is_one_role() {
        assert_eq!(roles(&[&["roles"]], json!({"roles": "a b,c"})), ["a b,c"]);
    }

    #[test]
    fn what_is_no_list_of_names_is_no_role() {
        for wrong in [
            json!(null),
            json!(true),
            json!(1),
            json!({"admin": true}),
            json!(["admin", 1]),
            json!(["admin", ["admin"]]),
            json!(""),
            json!([""]),
            json!([]),
        ] {
            let all = json!({"roles": wrong});
            assert!(roles(&[&["roles"]], all.clone()).is_empty(), "{all}");
            assert!(
                roles(&[&["roles", "admin"]], all.clone()).is_empty(),
                "{all}"
            );
            assert!(roles(&[&["roles", "0"]], all.clone()).is_empty(), "{all}");
        }
    }

    #[test]
    fn the_number_of_roles_is_bounded() {
        let many: Vec<String> = (0..5_000).map(|number| format!("r{number}")).collect();
        assert_eq!(roles(&[&["roles"]], json!({"roles": many})).len(), MOST);
    }
}
