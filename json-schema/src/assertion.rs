//! Assertions: rules that depend only on the value.

use std::cmp::Ordering;

use serde_json::{Map, Number, Value};

use super::{equality, number::Exact, pattern::Pattern, types::Types};

/// The longest list of allowed values in a message, in bytes.
const LONGEST: usize = 200;

/// A rule about the value itself.
pub(super) enum Assertion {
    /// The schema `false`.
    Never,
    Type(Types),
    Enum(Vec<Value>),
    Const(Value),
    Limit(Limit, Number),
    MultipleOf(Number),
    MinLength(u64),
    MaxLength(u64),
    Pattern(Pattern),
    MinItems(u64),
    MaxItems(u64),
    UniqueItems,
    MinProperties(u64),
    MaxProperties(u64),
    Required(Vec<String>),
    DependentRequired(Vec<(String, Vec<String>)>),
}

/// The side of a bound that a number must be on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Limit {
    Minimum,
    Maximum,
    ExclusiveMinimum,
    ExclusiveMaximum,
}

impl Assertion {
    /// Returns whether the rule holds. A rule about another type than the value's always
    /// holds.
    pub(super) fn holds(&self, value: &Value) -> bool {
        match self {
            Self::Never => false,
            Self::Type(types) => types.has(value),
            Self::Enum(allowed) => allowed.iter().any(|one| equality::is_equal(one, value)),
            Self::Const(one) => equality::is_equal(one, value),
            Self::Limit(limit, bound) => value
                .as_number()
                .is_none_or(|number| limit.holds(number, bound)),
            Self::MultipleOf(divisor) => value.as_number().is_none_or(|number| {
                let (number, divisor) = (Exact::from_number(number), Exact::from_number(divisor));
                number
                    .zip(divisor)
                    .is_some_and(|(number, divisor)| number.is_multiple_of(divisor))
            }),
            Self::MinLength(least) => text(value, |text| !has_fewer(text, *least)),
            Self::MaxLength(most) => text(value, |text| has_fewer(text, most.saturating_add(1))),
            Self::Pattern(pattern) => text(value, |text| pattern.is_in(text)),
            Self::MinItems(least) => items(value, |items| items.len() as u64 >= *least),
            Self::MaxItems(most) => items(value, |items| items.len() as u64 <= *most),
            Self::UniqueItems => items(value, |items| {
                items.len() < 2 || equality::are_unique(items)
            }),
            Self::MinProperties(least) => members(value, |members| members.len() as u64 >= *least),
            Self::MaxProperties(most) => members(value, |members| members.len() as u64 <= *most),
            Self::Required(names) => members(value, |members| {
                names.iter().all(|name| members.contains_key(name))
            }),
            Self::DependentRequired(rules) => {
                members(value, |members| missing(rules, members).next().is_none())
            }
        }
    }

    /// Returns the cost in steps, beyond one, for reading strings and lists.
    pub(super) fn cost(&self, value: &Value) -> usize {
        match (self, value) {
            (Self::Pattern(_), Value::String(text)) => text.len() / 16,
            (Self::MinLength(_) | Self::MaxLength(_), Value::String(text)) => text.len() / 256,
            (Self::UniqueItems, Value::Array(_)) => equality::weight(value),
            _ => 0,
        }
    }

    /// Returns the missing names.
    pub(super) fn missing<'a>(&'a self, value: &'a Value) -> Vec<&'a str> {
        let Value::Object(members) = value else {
            return Vec::new();
        };
        match self {
            Self::Required(names) => {
                let names = names.iter().filter(|name| !members.contains_key(*name));
                names.map(String::as_str).collect()
            }
            Self::DependentRequired(rules) => missing(rules, members).collect(),
            _ => Vec::new(),
        }
    }

    /// Returns the keyword of the rule.
    pub(super) fn keyword(&self) -> &'static str {
        match self {
            Self::Never => "false",
            Self::Type(_) => "type",
            Self::Enum(_) => "enum",
            Self::Const(_) => "const",
            Self::Limit(Limit::Minimum, _) => "minimum",
            Self::Limit(Limit::Maximum, _) => "maximum",
            Self::Limit(Limit::ExclusiveMinimum, _) => "exclusiveMinimum",
            Self::Limit(Limit::ExclusiveMaximum, _) => "exclusiveMaximum",
            Self::MultipleOf(_) => "multipleOf",
            Self::MinLength(_) => "minLength",
            Self::MaxLength(_) => "maxLength",
            Self::Pattern(_) => "pattern",
            Self::MinItems(_) => "minItems",
            Self::MaxItems(_) => "maxItems",
            Self::UniqueItems => "uniqueItems",
            Self::MinProperties(_) => "minProperties",
            Self::MaxProperties(_) => "maxProperties",
            Self::Required(_) => "required",
            Self::DependentRequired(_) => "dependentRequired",
        }
    }

    /// Returns the message for a value that breaks the rule.
    pub(super) fn broken(&self) -> String {
        match self {
            Self::Never => "nothing is allowed here".to_owned(),
            Self::Type(types) => format!("it is not of type {types}"),
            Self::Enum(allowed) => format!("it is not one of {}", list(allowed)),
            Self::Const(one) => format!("it is not {}", list(std::slice::from_ref(one))),
            Self::Limit(Limit::Minimum, bound) => format!("it is less than the minimum of {bound}"),
            Self::Limit(Limit::Maximum, bound) => {
                format!("it is greater than the maximum of {bound}")
            }
            Self::Limit(Limit::ExclusiveMinimum, bound) => {
                format!("it is not greater than {bound}")
            }
            Self::Limit(Limit::ExclusiveMaximum, bound) => format!("it is not less than {bound}"),
            Self::MultipleOf(divisor) => format!("it is not a multiple of {divisor}"),
            Self::MinLength(least) => format!("it is shorter than {}", many(*least, "character")),
            Self::MaxLength(most) => format!("it is longer than {}", many(*most, "character")),
            Self::Pattern(pattern) => format!("it does not match \"{}\"", pattern.as_str()),
            Self::MinItems(least) => format!("it has fewer than {}", many(*least, "item")),
            Self::MaxItems(most) => format!("it has more than {}", many(*most, "item")),
            Self::UniqueItems => "it has the same item more than once".to_owned(),
            Self::MinProperties(least) => format!("it has fewer than {}", many(*least, "member")),
            Self::MaxProperties(most) => format!("it has more than {}", many(*most, "member")),
            Self::Required(_) | Self::DependentRequired(_) => "a member is missing".to_owned(),
        }
    }
}

impl Limit {
    fn holds(self, number: &Number, bound: &Number) -> bool {
        let (Some(number), Some(bound)) = (Exact::from_number(number), Exact::from_number(bound))
        else {
            return false;
        };
        let ordering = number.compare(bound);
        match self {
            Self::Minimum => ordering != Ordering::Less,
            Self::Maximum => ordering != Ordering::Greater,
            Self::ExclusiveMinimum => ordering == Ordering::Greater,
            Self::ExclusiveMaximum => ordering == Ordering::Less,
        }
    }
}

fn text(value: &Value, holds: impl FnOnce(&str) -> bool) -> bool {
    value.as_str().is_none_or(holds)
}

fn items(value: &Value, holds: impl FnOnce(&[Value]) -> bool) -> bool {
    value.as_array().is_none_or(|items| holds(items))
}

fn members(value: &Value, holds: impl FnOnce(&Map<String, Value>) -> bool) -> bool {
    value.as_object().is_none_or(holds)
}

/// Returns whether a text has fewer characters. A character has one to four bytes, so most
/// texts need no counting.
fn has_fewer(text: &str, characters: u64) -> bool {
    let bytes = text.len() as u64;
    if bytes < characters {
        return true;
    }
    if bytes / 4 >= characters {
        return false;
    }
    (text.chars().count() as u64) < characters
}

fn missing<'a>(
    rules: &'a [(String, Vec<String>)],
    members: &'a Map<String, Value>,
) -> impl Iterator<Item = &'a str> {
    let rules = rules.iter().filter(|(name, _)| members.contains_key(name));
    let names = rules.flat_map(|(_, names)| names);
    names
        .filter(|name| !members.contains_key(*name))
        .map(String::as_str)
}

fn many(count: u64, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}

/// Lists the schema's values, shortened for a message.
fn list(values: &[Value]) -> String {
    let mut out = String::new();
    for value in values {
        let text = value.to_string();
        let between = if out.is_empty() { "" } else { ", " };
        if out.len() + between.len() + text.len() > LONGEST {
            out.push_str(between);
            out.push('…');
            break;
        }
        out.push_str(between);
        out.push_str(&text);
    }
    out
}
