//! [`Arguments`]: the types of the arguments that the policies get, and their values.

use std::collections::HashMap;

use cedar_policy::RestrictedExpression;
use serde_json::Value;
use toolgate_oauth::policy::{PolicyItem, PolicyKind, PolicySetupError};

/// The type of an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ArgumentType {
    String,
    Long,
    Bool,
    Strings,
    Longs,
    Bools,
}

/// The arguments of one item, by name.
type Named = Vec<(String, ArgumentType)>;

/// The types of all arguments, by kind and name of their items.
#[derive(Debug, Default)]
pub(crate) struct Arguments(HashMap<(PolicyKind, String), Named>);

impl Arguments {
    /// Reads the schemas of the arguments.
    ///
    /// # Errors
    ///
    /// Returns an error for each argument that Cedar has no type for.
    pub(crate) fn of(items: &[PolicyItem]) -> Result<Self, Vec<PolicySetupError>> {
        let (mut all, mut errors) = (HashMap::new(), Vec::new());
        for item in items {
            let mut named = Vec::new();
            for argument in item.arguments() {
                match ArgumentType::of(argument.schema()) {
                    Some(kind) => named.push((argument.name().to_owned(), kind)),
                    None => errors.push(PolicySetupError::new(
                        format!(
                            "Cedar has no type for the argument `{}` of `{}`",
                            argument.name(),
                            item.name()
                        ),
                        "give policies arguments that are strings, integers, booleans or lists of them, and leave out others in `with_policy_arguments`",
                    )),
                }
            }
            if !named.is_empty() {
                all.insert((item.kind(), item.name().to_owned()), named);
            }
        }
        match errors.is_empty() {
            true => Ok(Self(all)),
            false => Err(errors),
        }
    }

    /// Returns the items of a kind with their arguments, sorted.
    pub(crate) fn of_kind(&self, wanted: PolicyKind) -> Vec<(&str, &Named)> {
        let items = self.0.iter().filter(|((kind, _), _)| *kind == wanted);
        let mut items: Vec<_> = items.map(|((_, item), named)| (&**item, named)).collect();
        items.sort_unstable_by_key(|(item, _)| *item);
        items
    }

    /// Returns the record of an item's arguments.
    ///
    /// # Errors
    ///
    /// Returns the name of an argument whose value has another type.
    pub(crate) fn record<'v>(
        &self,
        kind: PolicyKind,
        item: &str,
        values: &[(&'v str, &Value)],
    ) -> Result<RestrictedExpression, &'v str> {
        let types = self.0.get(&(kind, item.to_owned()));
        let mut fields = Vec::with_capacity(values.len());
        for (name, value) in values {
            // A schema that is not loaded, as for `--explain`, has no types.
            let known = types.and_then(|all| all.iter().find(|(one, _)| one == name));
            match known {
                Some(_) if value.is_null() => {}
                Some((_, kind)) => {
                    fields.push(((*name).to_owned(), kind.value(value).ok_or(*name)?))
                }
                None => return Err(name),
            }
        }
        let record = RestrictedExpression::new_record(fields);
        record.map_err(|_| values.first().map_or("", |(name, _)| name))
    }
}

impl ArgumentType {
    /// Returns the type of a JSON Schema, if Cedar has one. `null` is an absent argument.
    fn of(schema: &Value) -> Option<Self> {
        let names: Vec<&str> = match schema.get("type")? {
            Value::String(one) => vec![one],
            Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
            _ => return None,
        };
        let mut names = names.into_iter().filter(|name| *name != "null");
        let (name, None) = (names.next()?, names.next()) else {
            return None;
        };
        Some(match name {
            "string" => Self::String,
            "integer" => Self::Long,
            "boolean" => Self::Bool,
            "array" => match Self::of(schema.get("items")?)? {
                Self::String => Self::Strings,
                Self::Long => Self::Longs,
                Self::Bool => Self::Bools,
                Self::Strings | Self::Longs | Self::Bools => return None,
            },
            _ => return None,
        })
    }

    fn value(self, value: &Value) -> Option<RestrictedExpression> {
        let set = |of: Self| {
            let each = value.as_array()?.iter().map(|one| of.value(one));
            each.collect::<Option<Vec<_>>>()
                .map(RestrictedExpression::new_set)
        };
        match self {
            Self::String => value
                .as_str()
                .map(|text| RestrictedExpression::new_string(text.to_owned())),
            Self::Long => value.as_i64().map(RestrictedExpression::new_long),
            Self::Bool => value.as_bool().map(RestrictedExpression::new_bool),
            Self::Strings => set(Self::String),
            Self::Longs => set(Self::Long),
            Self::Bools => set(Self::Bool),
        }
    }
}
