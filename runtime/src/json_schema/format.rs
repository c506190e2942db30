//! `format`: strings of a form that another standard defines. A published format is checked.

mod address;
mod time;
mod uri;

use std::net::{Ipv4Addr, Ipv6Addr};

use super::pattern::Pattern;

/// The formats of the specification that are not implemented. Publishing one would promise
/// its check.
const UNCHECKED: &[&str] = &[
    "idn-email",
    "idn-hostname",
    "iri",
    "iri-reference",
    "uri-template",
    "relative-json-pointer",
];

/// An implemented format.
#[derive(Debug, Clone, Copy)]
pub(super) struct Format {
    name: &'static str,
    is_valid: fn(&str) -> bool,
}

/// Every implemented format.
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
    // A pattern is valid if this server can run it, because a tool that takes one will.
    Format::new("regex", |text| Pattern::parse(text).is_ok()),
];

/// Returns whether the specification defines a format (2020-12 validation §7.3).
pub(super) fn is_standard(name: &str) -> bool {
    UNCHECKED.contains(&name) || CHECKED.iter().any(|format| format.name == name)
}

impl Format {
    const fn new(name: &'static str, is_valid: fn(&str) -> bool) -> Self {
        Self { name, is_valid }
    }

    /// Returns the format with a name, or `None` for a name that the specification does not
    /// define (`uint32`, `double`): that is an annotation.
    ///
    /// # Errors
    ///
    /// If the specification defines the format, but it is not implemented.
    pub(super) fn parse(name: &str) -> Result<Option<Self>, (String, &'static str)> {
        if UNCHECKED.contains(&name) {
            return Err((
                format!("the format `{name}` is not checked by this server"),
                "leave `format` out and state the form by `pattern`, or use the plain format: `email`, `hostname`, `uri`, `uri-reference`, `json-pointer`",
            ));
        }
        Ok(CHECKED.iter().find(|format| format.name == name).copied())
    }

    /// Returns the format's name.
    pub(super) fn name(self) -> &'static str {
        self.name
    }

    /// Returns whether a text has this form.
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
