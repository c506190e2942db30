//! Parses the limits of an item for each caller: rate, burst, concurrent requests and timeout.

use proc_macro2::{Span, TokenStream};
use syn::LitStr;

use crate::{attribute_syntax::Entry, errors::Errors, span::code};

/// The keys of limits.
pub(crate) const KEYS: [&str; 4] = ["rate", "burst", "concurrency", "timeout"];

/// The largest count. The runtime checks it again, because not every count is from an attribute.
const LARGEST: u64 = 1_000_000;

/// The longest timeout. A longer one probably has the wrong unit.
const LONGEST_MILLISECONDS: u64 = 24 * 60 * 60 * 1000;

const RATE: &str =
    "a rate is a number of requests per `s`, `min` or `h`: write `rate = \"10/min\"`";
const TIMEOUT: &str =
    "a timeout is a number with `ms`, `s`, `min` or `h`: write `timeout = \"30s\"`";

/// The limits of an item.
#[derive(Default)]
pub(crate) struct Limits {
    rate: Option<Rate>,
    burst: Option<u64>,
    concurrency: Option<u64>,
    milliseconds: Option<u64>,
    /// The first key, for an error about all of them.
    place: Option<(String, Span)>,
}

/// The number of requests in a period.
struct Rate {
    count: u64,
    /// The constructor of the runtime's type.
    period: &'static str,
}

impl Limits {
    /// Parses the limits among the entries of an attribute.
    pub(crate) fn parse(entries: &[Entry], errors: &Errors) -> Self {
        let mut limits = Self::default();
        let find = |key: &str| entries.iter().find(|entry| entry.key == key);
        for entry in entries {
            let key = entry.key.to_string();
            if !KEYS.contains(&key.as_str()) {
                continue;
            }
            let place = &mut limits.place;
            place.get_or_insert_with(|| (key.clone(), entry.span()));
            match key.as_str() {
                "rate" => {
                    let text = quoted(entry, RATE, errors);
                    limits.rate = text.and_then(|text| parse_rate(&text, errors));
                }
                "burst" => limits.burst = count(entry, errors),
                "concurrency" => limits.concurrency = count(entry, errors),
                _ => {
                    let text = quoted(entry, TIMEOUT, errors);
                    limits.milliseconds = text.and_then(|text| parse_timeout(&text, errors));
                }
            }
        }
        if let (Some(burst), None) = (find("burst"), find("rate")) {
            errors.add_at(
                burst.span(),
                "`burst` is a part of a rate, and there is none: add one, such as `rate = \"10/min\"`, or remove `burst`",
            );
        }
        limits
    }

    /// Reports limits of an item that nobody can use.
    pub(crate) fn refuse_with(&self, access: &str, remedy: &str, errors: &Errors) {
        if let Some((key, place)) = &self.place {
            errors.add_at(
                *place,
                format_args!("`{key}` and `{access}` contradict each other: {remedy}"),
            );
        }
    }

    /// Builds the setters of the limits, each with its value.
    pub(crate) fn setters(&self, krate: &TokenStream) -> Vec<(&'static str, TokenStream)> {
        let mut setters = Vec::new();
        if let Some(Rate { count, period }) = self.rate {
            let period = syn::Ident::new(period, Span::mixed_site());
            let rate = code!(#krate::__private::Rate);
            let count = small(count);
            let mut value = code!(#rate::#period(#count));
            if let Some(burst) = self.burst.map(small) {
                value = code!(#rate::with_burst(#value, #burst));
            }
            setters.push(("rate", value));
        }
        if let Some(most) = self.concurrency.map(small) {
            setters.push(("concurrency", code!(#most)));
        }
        if let Some(time) = self.milliseconds {
            let value = code!(#krate::__private::Duration::from_millis(#time));
            setters.push(("timeout", value));
        }
        setters
    }
}

/// Returns a checked count as the runtime's type.
fn small(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Returns a string. Reports the expected form if the value is not a string.
fn quoted(entry: &Entry, expected: &str, errors: &Errors) -> Option<LitStr> {
    match &entry.value {
        Some(syn::Expr::Lit(syn::ExprLit {
            lit: syn::Lit::Str(text),
            ..
        })) => Some(text.clone()),
        Some(other) => {
            errors.add_on(other, expected);
            None
        }
        None => {
            errors.add_at(entry.span(), expected);
            None
        }
    }
}

fn count(entry: &Entry, errors: &Errors) -> Option<u64> {
    let number = entry.count(errors)?;
    if let Some(value) = &entry.value
        && !(1..=LARGEST).contains(&number)
    {
        let key = &entry.key;
        errors.add_on(
            value,
            format_args!("`{key} = {number}` is not between 1 and {LARGEST}: write a number in that range, or remove `{key}`"),
        );
        return None;
    }
    Some(number)
}

fn parse_rate(text: &LitStr, errors: &Errors) -> Option<Rate> {
    let value = text.value();
    let parts = value.split_once('/');
    let parsed = parts.and_then(|(number, unit)| {
        let period = match unit.trim() {
            "s" => "per_second",
            "min" => "per_minute",
            "h" => "per_hour",
            _ => return None,
        };
        Some((digits(number.trim())?, period))
    });
    match parsed {
        None => {
            errors.add_on(text, format_args!("`{value}` is not a rate: {RATE}"));
            None
        }
        Some((count, period)) if (1..=LARGEST).contains(&count) => Some(Rate { count, period }),
        Some(_) => {
            errors.add_on(
                text,
                format_args!("the rate `{value}` does not allow between 1 and {LARGEST} requests: write a number in that range, or deny the item by its access"),
            );
            None
        }
    }
}

fn parse_timeout(text: &LitStr, errors: &Errors) -> Option<u64> {
    let value = text.value();
    let split = value.find(|character: char| !character.is_ascii_digit());
    let (number, unit) = value.split_at(split.unwrap_or(value.len()));
    let milliseconds = match unit.trim() {
        "ms" => Some(1),
        "s" => Some(1000),
        "min" => Some(60_000),
        "h" => Some(3_600_000),
        _ => None,
    };
    let parsed = digits(number).zip(milliseconds);
    let Some((number, factor)) = parsed else {
        errors.add_on(text, format_args!("`{value}` is not a timeout: {TIMEOUT}"));
        return None;
    };
    let time = number.saturating_mul(factor);
    if !(1..=LONGEST_MILLISECONDS).contains(&time) {
        errors.add_on(
            text,
            format_args!("the timeout `{value}` is not between 1ms and 24h: write a time in that range, or remove `timeout`"),
        );
        return None;
    }
    Some(time)
}

/// Parses decimal digits, but not `+5`, which Rust would parse. A number that does not fit becomes
/// the largest number.
fn digits(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}
