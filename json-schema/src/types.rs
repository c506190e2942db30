//! The types of the keyword `type`.

use std::fmt;

use serde_json::Value;

use super::number::Exact;

/// The names of the types, each with its bit.
const NAMES: [(&str, u8); 7] = [
    ("null", 1),
    ("boolean", 2),
    ("object", 4),
    ("array", 8),
    ("string", 16),
    ("number", NUMBER),
    ("integer", INTEGER),
];
const NUMBER: u8 = 32;
const INTEGER: u8 = 64;

/// A set of types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Types(u8);

impl Types {
    /// Parses the value of `type`: a name or a list of names.
    pub(super) fn parse(value: &Value) -> Option<Self> {
        let bit = |name: &Value| {
            let name = name.as_str()?;
            NAMES
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, bit)| *bit)
        };
        match value {
            Value::Array(names) if !names.is_empty() => names
                .iter()
                .try_fold(0, |all, name| Some(all | bit(name)?))
                .map(Self),
            one => bit(one).map(Self),
        }
    }

    /// Returns the types of both sets.
    pub(super) fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns whether a value has one of these types.
    pub(super) fn has(self, value: &Value) -> bool {
        let bits = match value {
            Value::Null => 1,
            Value::Bool(_) => 2,
            Value::Object(_) => 4,
            Value::Array(_) => 8,
            Value::String(_) => 16,
            Value::Number(_) if self.0 & NUMBER != 0 => return true,
            Value::Number(number) => {
                let is_integer = self.0 & INTEGER != 0;
                return is_integer && Exact::from_number(number).is_some_and(Exact::is_integer);
            }
        };
        self.0 & bits != 0
    }
}

impl fmt::Display for Types {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = NAMES.iter().filter(|(_, bit)| self.0 & bit != 0);
        for (number, (name, _)) in names.enumerate() {
            f.write_str(if number == 0 { "" } else { " or " })?;
            f.write_str(name)?;
        }
        Ok(())
    }
}
