//! [`Argument`]: an argument of a tool, read from a call and described by a JSON Schema.

use std::cell::Cell;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::item::{Call, MissingValue, Names, ToolError};
use crate::log_text::redaction;

/// A type that can be an argument of a tool: serde reads it, schemars describes it.
///
/// An argument is optional if its type can be read from a missing value, like `Option`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of a tool",
    label = "not deserializable from JSON with a schema",
    note = "an argument must implement `serde::de::DeserializeOwned` and `JsonSchema` of schemars 1: derive `Deserialize` and `JsonSchema` for your own type; another major version of schemars has a trait of the same name, and `toolgate::schemars` is the right one",
    note = "if it is not an argument, take the server's state as `State<T>`, or mark your own extractor with `#[extract]`"
)]
pub trait Argument: Sized {
    /// Returns its schema.
    #[doc(hidden)]
    fn schema(generator: &mut SchemaGenerator) -> Schema;

    /// Reads it from a value. `None` means that the argument is missing.
    #[doc(hidden)]
    fn read(value: Option<Value>) -> Result<Self, serde_json::Error>;

    /// Returns the names of the members that it reads if it is a struct, with all aliases.
    #[doc(hidden)]
    fn fields() -> &'static [&'static str];
}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + JsonSchema> Argument for T {
    fn schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }

    fn read(value: Option<Value>) -> Result<Self, serde_json::Error> {
        let Some(value) = value else {
            return T::deserialize(MissingValue::default());
        };
        // In JSON Schema 1.0 is an integer (2020-12 §4.2.3); in serde it is not.
        let Some(whole) = with_integers(&value) else {
            return T::deserialize(value);
        };
        T::deserialize(value).or_else(|error| T::deserialize(whole).map_err(|_| error))
    }

    fn fields() -> &'static [&'static str] {
        let names = Cell::default();
        // The error of the missing value is known.
        let _ = T::deserialize(MissingValue(Some(&names)));
        names.get()
    }
}

/// All arguments of a tool as one struct.
///
/// For an enum, take one argument of its type instead: some model APIs refuse every tool of a
/// request in which the schema of one tool begins with a choice. The start warns of it.
///
/// ```
/// use schemars::JsonSchema;
/// use serde::Deserialize;
/// use toolgate::{Args, mcp_tool};
///
/// #[derive(Deserialize, JsonSchema)]
/// struct Search {
///     /// What to look for.
///     query: String,
///     /// How many answers at most.
///     limit: Option<u32>,
/// }
///
/// /// Searches.
/// #[mcp_tool(public)]
/// fn search(Args(search): Args<Search>) -> String {
///     format!("{} ({:?})", search.query, search.limit)
/// }
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Args<T>(pub T);

/// Describes and reads an argument. Only a type that can be an argument has one. An expansion
/// names the type in this one bound, so that one mistake is one error.
#[doc(hidden)]
pub struct ArgumentReader<T> {
    pub(super) schema: fn(&mut SchemaGenerator) -> Schema,
    /// The names of the members that the type reads if it is a struct.
    pub(super) fields: fn() -> Names,
    read: fn(Option<Value>) -> Result<T, serde_json::Error>,
}

impl<T> Clone for ArgumentReader<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for ArgumentReader<T> {}

/// Returns the slot for an argument of this type.
#[doc(hidden)]
#[must_use]
pub fn argument<T: Argument>() -> ArgumentReader<T> {
    ArgumentReader {
        schema: T::schema,
        fields: T::fields,
        read: T::read,
    }
}

impl<T> ArgumentReader<T> {
    /// Takes the argument out of a call, by its name.
    ///
    /// # Errors
    ///
    /// Returns an error if the type accepts less than its schema allows.
    pub fn take<S>(self, call: &mut Call<S>, name: &str) -> Result<T, ToolError> {
        (self.read)(call.arguments_mut().remove(name)).map_err(|error| {
            let error = redaction::cut(&error.to_string(), 400);
            ToolError::new(format!("the argument `{name}` cannot be read: {error}"))
        })
    }

    /// Takes all arguments out of a call.
    ///
    /// # Errors
    ///
    /// Returns an error if the type accepts less than its schema allows.
    pub fn take_all<S>(self, call: &mut Call<S>) -> Result<Args<T>, ToolError> {
        let all = Value::Object(std::mem::take(call.arguments_mut()));
        (self.read)(Some(all)).map(Args).map_err(|error| {
            let error = redaction::cut(&error.to_string(), 400);
            ToolError::new(format!("the arguments cannot be read: {error}"))
        })
    }

    /// Returns whether the argument may be missing: whether its type can be read from a missing
    /// value.
    pub(super) fn is_optional(self) -> bool {
        (self.read)(None).is_ok()
    }
}

/// Returns a copy in which every whole floating-point number is an integer, or `None` if there
/// is no such number.
fn with_integers(value: &Value) -> Option<Value> {
    fn whole(value: &Value) -> Option<i64> {
        // Above 2^53 a float does not identify one integer (RFC 8259 §6).
        const EXACT: f64 = 9_007_199_254_740_992.0;
        let float = value.as_number().filter(|n| n.is_f64())?.as_f64()?;
        (float.fract() == 0.0 && float.abs() <= EXACT).then_some(float as i64)
    }
    fn any(value: &Value) -> bool {
        match value {
            Value::Number(_) => whole(value).is_some(),
            Value::Array(items) => items.iter().any(any),
            Value::Object(members) => members.values().any(any),
            _ => false,
        }
    }
    fn copy(value: &Value) -> Value {
        match value {
            Value::Number(_) => whole(value).map_or_else(|| value.clone(), Value::from),
            Value::Array(items) => items.iter().map(copy).collect(),
            Value::Object(members) => {
                let mut copies = Map::new();
                copies.extend(
                    members
                        .iter()
                        .map(|(name, value)| (name.clone(), copy(value))),
                );
                Value::Object(copies)
            }
            _ => value.clone(),
        }
    }
    any(value).then(|| copy(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    type Alias = Option<u32>;

    #[derive(serde::Deserialize, JsonSchema)]
    struct Wrapped(#[expect(dead_code, reason = "only read")] Option<u32>);

    #[test]
    fn what_reads_from_nothing_is_optional() {
        assert!(argument::<Option<String>>().is_optional());
        assert!(argument::<Alias>().is_optional());
        assert!(argument::<Wrapped>().is_optional());
        assert!(argument::<Option<Option<bool>>>().is_optional());
        assert!(!argument::<u32>().is_optional());
        assert!(!argument::<String>().is_optional());
        assert!(!argument::<Vec<String>>().is_optional());
        // A value of any type is still a value: null must be sent.
        assert!(!argument::<Value>().is_optional());
        assert!(!argument::<()>().is_optional());
    }

    #[test]
    fn a_whole_float_is_an_integer_where_one_is_asked_for() {
        assert_eq!(u32::read(Some(json!(7.0))).unwrap(), 7);
        assert_eq!(Vec::<i8>::read(Some(json!([-1.0, 2]))).unwrap(), [-1, 2]);
        assert_eq!(f64::read(Some(json!(7.0))).unwrap(), 7.0);
        assert!(u32::read(Some(json!(7.5))).is_err());
        assert!(u32::read(Some(json!(-7.0))).is_err());
        assert!(u64::read(Some(json!(1e300))).is_err());
    }
}
