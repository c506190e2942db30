//! `format`: texts of a form that is defined elsewhere. What is published is checked.

mod address;
mod time;
mod uri;

use std::net::{Ipv4Addr, Ipv6Addr};

use super::pattern::Pattern;

/// The formats of the specification that nothing here checks, which publishing them would
/// promise.
const UNCHECKED: &[&str] = &[
    "idn-email",
    "idn-hostname",
    "iri",
    "iri-reference",
    "uri-template",
    "relative-json-pointer",
];

/// A format that is checked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Format {
    name: &'static str,
    is_valid: fn(&str) -> bool,
}

/// Every format that is checked.
pub(super) const CHECKED: &[Format] = &[
    Format::new("date-time", time::is_date_time),
    Format::new("date", time::is_date),
    Format::new("time", time::is_time),
    Format::new("duration", time::is_duration),
    Format::new("email", address::is_email),
    Format::new("hostname", address::is_hostname),
    Format::new("ipv4", |text| text.parse::<Ipv4Addr>().is_ok()),
    Format::new("ipv6", |text| text.parse::<Ipv6Addr>().is_ok()),
    Format::new("uri", uri::is_uri),
    Format::new("uri-reference", uri::is_uri_reference),
    Format::new("uuid", is_uuid),
    Format::new("json-pointer", is_json_pointer),
    // Valid is what this server could search for: a tool that takes a pattern runs it.
    Format::new("regex", |text| Pattern::parse(text).is_ok()),
];

/// Whether the specification defines a format (2020-12 validation §7.3).
pub(super) fn is_standard(name: &str) -> bool {
    UNCHECKED.contains(&name) || CHECKED.iter().any(|format| format.name == name)
}

impl Format {
    const fn new(name: &'static str, is_valid: fn(&str) -> bool) -> Self {
        Self { name, is_valid }
    }

    /// The format of a name; none if the specification knows no such format, for then it
    /// is a note to the reader (`uint32`, `double`).
    ///
    /// # Errors
    ///
    /// For formats of the specification that are not checked.
    pub(super) fn parse(name: &str) -> Result<Option<Self>, (String, &'static str)> {
        if UNCHECKED.contains(&name) {
            return Err((
                format!("the format `{name}` is not checked by this server"),
                "leave `format` out and state the form by `pattern`, or use the plain format: `email`, `hostname`, `uri`, `uri-reference`, `json-pointer`",
            ));
        }
        Ok(CHECKED.iter().find(|format| format.name == name).copied())
    }

    /// Its name.
    pub(super) fn name(self) -> &'static str {
        self.name
    }

    /// Whether a text has this form.
    pub(super) fn is_valid(self, text: &str) -> bool {
        (self.is_valid)(text)
    }
}

/// RFC 9562 §4.
fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// RFC 6901 §3.
fn is_json_pointer(text: &str) -> bool {
    let escapes = text.split('~').skip(1);
    (text.is_empty() || text.starts_with('/'))
        && escapes
            .into_iter()
            .all(|after| after.starts_with(['0', '1']))
}
