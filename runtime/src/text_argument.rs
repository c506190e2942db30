//! Arguments that are text on the wire: the variables of a resource's URI, and the arguments
//! of a prompt.
//!
//! | file | what it holds |
//! |---|---|
//! | `text_deserializer` | deserializes text with serde: a number where the type is a number |

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::item::{Call, CallError, MissingValue};
use crate::log_text::redaction;

mod text_deserializer;

use text_deserializer::Text;

/// A type that can be parsed from text: the type of a variable of a resource's URI, or of an
/// argument of a prompt.
///
/// Strings, numbers, `bool`, `char`, enums of names, IP addresses, UUIDs, and newtypes and
/// options of these implement it through serde.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be parsed from a string",
    label = "not parsable from a string",
    note = "variables of a URI and arguments of a prompt are strings: take `String`, a number, an `enum` of names, or a type that implements `serde::de::DeserializeOwned`",
    note = "if it is neither, take the server's state as `State<T>`, or mark your own extractor with `#[extract]`"
)]
pub trait FromText: Sized {
    /// Parses the value from text. `None` means that the argument is missing.
    #[doc(hidden)]
    fn read(text: Option<&str>) -> Result<Self, String>;
}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned> FromText for T {
    fn read(text: Option<&str>) -> Result<Self, String> {
        match text {
            Some(text) => T::deserialize(Text(text)).map_err(|fault| fault.to_string()),
            None => T::deserialize(MissingValue::default()).map_err(|fault| fault.to_string()),
        }
    }
}

/// Parses one argument. Only a type that can be parsed from text has one.
#[doc(hidden)]
pub struct TextArgumentReader<T> {
    read: fn(Option<&str>) -> Result<T, String>,
}

impl<T> Clone for TextArgumentReader<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for TextArgumentReader<T> {}

/// Returns the parser for an argument of this type.
#[doc(hidden)]
#[must_use]
pub fn text<T: FromText>() -> TextArgumentReader<T> {
    TextArgumentReader { read: T::read }
}

impl<T> TextArgumentReader<T> {
    /// Takes the argument out of a call by its name, and parses it.
    ///
    /// # Errors
    ///
    /// Returns an error if the text cannot be parsed as the type.
    pub fn take<S>(self, call: &mut Call<S>, name: &str) -> Result<T, CallError> {
        let text = call.arguments_mut().remove(name);
        (self.read)(text.as_ref().and_then(Value::as_str)).map_err(|fault| {
            let fault = redaction::cut(&fault, 400);
            CallError::unreadable(format!("`{name}` cannot be read: {fault}"))
        })
    }

    /// Returns whether the argument may be missing: whether its type accepts a missing value.
    pub(crate) fn is_optional(self) -> bool {
        (self.read)(None).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, serde::Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Mode {
        Fast,
        Slow,
    }

    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Id(u64);

    fn read<T: FromText>(text: &str) -> Option<T> {
        T::read(Some(text)).ok()
    }

    #[test]
    fn a_text_is_read_as_what_is_asked_for() {
        assert_eq!(read::<String>("7"), Some("7".to_owned()));
        assert_eq!(read::<u8>("7"), Some(7));
        assert_eq!(read::<i64>("-7"), Some(-7));
        assert_eq!(read::<f64>("1.5"), Some(1.5));
        assert_eq!(read::<bool>("true"), Some(true));
        assert_eq!(read::<char>("ä"), Some('ä'));
        assert_eq!(read::<Mode>("fast"), Some(Mode::Fast));
        assert_eq!(read::<Id>("9"), Some(Id(9)));
        assert_eq!(read::<Option<Id>>("9"), Some(Some(Id(9))));
        assert_eq!(
            read::<std::net::IpAddr>("::1"),
            Some(std::net::Ipv6Addr::LOCALHOST.into())
        );
        assert_eq!(
            read::<u128>("340282366920938463463374607431768211455"),
            Some(u128::MAX)
        );
    }

    #[test]
    fn what_does_not_read_is_refused() {
        assert_eq!(read::<u8>("256"), None);
        assert_eq!(read::<u8>("+7"), None);
        assert_eq!(read::<u8>(" 7"), None);
        assert_eq!(read::<u8>(""), None);
        assert_eq!(read::<u8>("07"), None);
        assert_eq!(read::<u8>("7.0"), None);
        assert_eq!(read::<f64>("inf"), None);
        assert_eq!(read::<f64>("NaN"), None);
        assert_eq!(read::<bool>("yes"), None);
        assert_eq!(read::<Mode>("Fast"), None);
        assert_eq!(read::<Vec<u8>>("[7]"), None);
        assert_eq!(read::<()>(""), None);
    }

    #[test]
    fn only_what_reads_from_nothing_is_optional() {
        assert!(text::<Option<u8>>().is_optional());
        assert!(!text::<String>().is_optional());
        assert!(!text::<Mode>().is_optional());
    }
}
