//! [`MissingValue`]: deserializes a missing argument.

use std::cell::Cell;

use serde::{
    Deserializer,
    de::{Error, Visitor},
    forward_to_deserialize_any,
};

/// A missing value. Only an option can be deserialized from it: as `None`. It notes the names of
/// the members that a struct asks for, with every `#[serde(alias)]`.
#[derive(Default)]
pub(crate) struct MissingValue<'n>(pub(crate) Option<&'n Cell<Names>>);

/// The names of the members of a struct.
pub(crate) type Names = &'static [&'static str];

impl<'de> Deserializer<'de> for MissingValue<'_> {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
        Err(Error::custom("it is missing"))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_none()
    }

    /// A type around an option, such as `struct Limit(Option<u32>)`, is read like the option.
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: Names,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        if let Some(noted) = self.0 {
            noted.set(names);
        }
        self.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}
