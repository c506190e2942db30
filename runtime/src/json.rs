//! JSON in which a name stands once: what a signature covers must have one reading.
//!
//! RFC 8259 §4 leaves open what a repeated member means, so two readers can see two
//! tokens in one (RFC 7519 §4 lets us refuse it; RFC 8725 §2.4 and §2.7 tell why).
//!
//! - [`private`]: names that make serde_json read another message than was sent

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

mod private;

pub(crate) use private::has_private_name;

/// Reads JSON as others write it: of members that are named twice the last one counts,
/// but the names that `serde_json` keeps for itself, which would be read anew and without
/// a bound, are refused.
pub(crate) fn lenient<T: serde::de::DeserializeOwned>(
    bytes: &[u8],
) -> Result<T, serde_json::Error> {
    if has_private_name(bytes) {
        return Err(Error::custom(
            "a member has a name that is not for documents",
        ));
    }
    serde_json::from_slice(bytes)
}

/// Reads an object in which no object, at any depth, names a member twice.
pub(crate) fn strict_object(bytes: &[u8]) -> Result<Map<String, Value>, serde_json::Error> {
    match serde_json::from_slice::<Strict>(bytes)?.0 {
        Value::Object(members) => Ok(members),
        _ => Err(Error::custom("not a JSON object")),
    }
}

/// A JSON value that was read strictly.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Strict)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("a number that is none"))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let Strict(value) = members.next_value()?;
            if object.insert(name, value).is_some() {
                // The name is not repeated in the text: it is the sender's.
                return Err(Error::custom("a member is named twice"));
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_member_is_refused_at_any_depth() {
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"{"x":{"a":1,"b":2,"a":3}}"#,
            r#"{"x":[0,{"a":1,"a":3}]}"#,
        ] {
            let fault = strict_object(text.as_bytes()).unwrap_err();
            assert!(fault.to_string().contains("named twice"), "{text}: {fault}");
        }
    }

    #[test]
    fn what_is_read_is_what_serde_json_reads() {
        let text = r#"{"a":[1,-2,3.5,true,null,"s\n"],"b":{"a":{}},"c":""}"#;
        let expected: Value = serde_json::from_str(text).unwrap();
        assert_eq!(
            Value::Object(strict_object(text.as_bytes()).unwrap()),
            expected
        );
    }

    #[test]
    fn a_document_of_another_cannot_be_read_without_a_bound() {
        let text = br#"{"keys":[{"$serde_json::private::RawValue":"[[]]"}]}"#;
        assert!(lenient::<Value>(text).is_err());
        assert!(lenient::<Value>(br#"{"keys":[],"keys":[{}]}"#).is_ok());
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for text in [
            "[]",
            "1",
            "\"a\"",
            "null",
            "",
            "{",
            "{} {}",
            "\u{feff}{}",
            "{\"a\":NaN}",
        ] {
            assert!(strict_object(text.as_bytes()).is_err(), "{text}");
        }
        let deep = format!("{}1{}", "{\"a\":".repeat(200), "}".repeat(200));
        assert!(strict_object(deep.as_bytes()).is_err());
    }
}
