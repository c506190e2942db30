//! Strict JSON parsing: no repeated member names, because signed data must have exactly one
//! meaning.
//!
//! RFC 8259 §4 does not define what a repeated member means, so two readers can see two
//! different tokens in one (RFC 7519 §4 allows refusing it; RFC 8725 §2.4 and §2.7 give the
//! reasons).
//!
//! - `reserved_names`: reserved names that make serde_json read another message than the one
//!   sent

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

mod reserved_names;

pub use reserved_names::has_private_name;

/// Parses JSON leniently: of repeated members the last one counts. Refuses the names that
/// `serde_json` reserves, because their values would be parsed again without a depth limit.
pub fn lenient<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, serde_json::Error> {
    refuse_private_names(bytes)?;
    serde_json::from_slice(bytes)
}

fn refuse_private_names(bytes: &[u8]) -> Result<(), serde_json::Error> {
    match has_private_name(bytes) {
        true => Err(Error::custom("a member has a name that is reserved")),
        false => Ok(()),
    }
}

/// Parses an object. Refuses repeated member names, at any depth, and names that
/// `serde_json` reserves.
pub fn strict_object(bytes: &[u8]) -> Result<Map<String, Value>, serde_json::Error> {
    // After this check, a reserved name below comes from `serde_json` itself.
    refuse_private_names(bytes)?;
    match serde_json::from_slice::<Strict>(bytes)?.0 {
        Value::Object(members) => Ok(members),
        _ => Err(Error::custom("not a JSON object")),
    }
}

/// A strictly parsed JSON value.
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
            .ok_or_else(|| E::custom("not a number"))
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
            if name == reserved_names::NUMBER {
                return number(&members.next_value::<String>()?)
                    .ok_or_else(|| Error::custom("not a number"));
            }
            let Strict(value) = members.next_value()?;
            if object.insert(name, value).is_some() {
                // The message does not contain the name, because the sender chose it.
                return Err(Error::custom("a member is named twice"));
            }
        }
        Ok(Value::Object(object))
    }
}

/// Parses a number as `serde_json` does without `arbitrary_precision`. Another crate in the
/// build that enables that feature must not change what a claim means.
fn number(text: &str) -> Option<Value> {
    let whole = text.parse::<u64>().map(Number::from);
    let whole = whole.or_else(|_| text.parse::<i64>().map(Number::from));
    let number = whole
        .ok()
        .or_else(|| Number::from_f64(text.parse().ok()?))?;
    Some(Value::Number(number))
}

#[cfg(test)]
mod tests {
    use serde::de::value::MapDeserializer;

    use super::*;

    #[test]
    fn a_repeated_member_is_refused_at_any_depth() {
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"{"x":{"a":1,"b":2,"a":3}}"#,
            r#"{"x":[0,{"a":1,"a":3}]}"#,
        ] {
            let error = strict_object(text.as_bytes()).unwrap_err();
            assert!(error.to_string().contains("named twice"), "{text}: {error}");
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

    /// The form that `serde_json` uses with `arbitrary_precision`, built by hand: enabling
    /// it here would enable it for the whole build.
    #[test]
    fn a_number_is_the_same_where_another_crate_asks_for_more_precision() {
        let precise = |text: &str| {
            let members = [(reserved_names::NUMBER.to_owned(), text.to_owned())].into_iter();
            let members = MapDeserializer::<_, serde_json::Error>::new(members);
            StrictVisitor.visit_map(members)
        };
        for text in [
            "0",
            "1800000000",
            "-1",
            "1.5",
            "1e3",
            "18446744073709551616",
        ] {
            let plain: Value = serde_json::from_str(text).unwrap();
            assert_eq!(precise(text).unwrap(), plain, "{text}");
        }
        for text in ["1e400", "NaN", "x", ""] {
            assert!(precise(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_sender_cannot_pass_text_for_a_number() {
        for text in [
            r#"{"exp":{"$serde_json::private::Number":"9999999999"}}"#,
            r#"{"exp":{"$serde_json::private::RawValue":"9999999999"}}"#,
            r#"{"\u0024serde_json::private::Number":"1"}"#,
        ] {
            assert!(strict_object(text.as_bytes()).is_err(), "{text}");
        }
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
