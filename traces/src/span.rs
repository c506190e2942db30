//! [`Span`]: one finished operation.

use std::borrow::Cow;

use crate::span_context::SpanContext;

/// The longest text of an attribute, in bytes: a span has a bounded size.
const LONGEST: usize = 256;

/// The role of a span in its trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SpanKind {
    /// Work within this server.
    Internal,
    /// The answer to a client.
    Server,
    /// A request to another server.
    Client,
}

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Text(Cow<'static, str>),
    Integer(i64),
    Flag(bool),
}

impl From<&'static str> for Value {
    fn from(text: &'static str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl Value {
    /// Returns a text from outside, shortened.
    pub(crate) fn clipped(text: &str) -> Self {
        Self::Text(Cow::Owned(clip(text).to_owned()))
    }
}

/// Returns the beginning of a text.
pub(crate) fn clip(text: &str) -> &str {
    &text[..text.floor_char_boundary_of(LONGEST)]
}

/// The standard library has `floor_char_boundary` only since Rust 1.91.
trait CharBoundary {
    fn floor_char_boundary_of(&self, most: usize) -> usize;
}

impl CharBoundary for str {
    fn floor_char_boundary_of(&self, most: usize) -> usize {
        let most = most.min(self.len());
        let mut boundaries = (0..=most).rev();
        let found = boundaries.find(|&at| self.is_char_boundary(at));
        found.unwrap_or_default()
    }
}

/// A finished span.
#[derive(Debug, Clone)]
pub(crate) struct Span {
    pub(crate) name: Cow<'static, str>,
    pub(crate) kind: SpanKind,
    pub(crate) context: SpanContext,
    pub(crate) parent: Option<[u8; 8]>,
    /// Whether the parent is in another process.
    pub(crate) is_parent_remote: bool,
    /// The start and the end, in nanoseconds since the start of 1970.
    pub(crate) times: [u64; 2],
    pub(crate) attributes: Vec<(&'static str, Value)>,
    pub(crate) is_error: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let text = "ä".repeat(200);
        assert_eq!(clip(&text).len(), 256);
        assert_eq!(clip(&format!("x{text}")).len(), 255);
        assert_eq!(clip("short"), "short");
    }
}
