//! Which media types a client accepts (RFC 9110 §12.5.1).
//!
//! rmcp accepts only types that are written out. In HTTP a range, a weight or a missing header
//! can mean the same, so the gate reads the header once, refuses a request whose header does
//! not cover the answer, and forwards to rmcp a header with both types written out.

use http::{HeaderMap, HeaderValue, header};

use crate::operation::Operation;

const JSON: (&str, &str) = ("application", "json");
const EVENTS: (&str, &str) = ("text", "event-stream");

/// Both types, as most clients write them.
const BOTH: HeaderValue = HeaderValue::from_static("application/json, text/event-stream");

/// The types of the transport that a client accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Accepted {
    json: bool,
    events: bool,
}

/// The types that the answer to a request can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AnswerType {
    /// Only JSON.
    Json,
    /// An event stream, or JSON for an error.
    Events,
    /// The event stream of a `GET`.
    Stream,
    /// No content, or JSON for an error.
    Empty,
}

impl Accepted {
    /// Reads every line of the header. A client that sends none accepts everything.
    fn read(headers: &HeaderMap) -> Self {
        let all = Self {
            json: true,
            events: true,
        };
        let mut lines = headers.get_all(header::ACCEPT).iter();
        match (lines.next(), lines.next()) {
            (None, _) => return all,
            (Some(line), None) if line == BOTH || line.as_bytes().trim_ascii().is_empty() => {
                return all;
            }
            _ => {}
        }
        let ranges = || {
            let lines = headers.get_all(header::ACCEPT).iter();
            let lines = lines.filter_map(|line| line.to_str().ok());
            lines
                .flat_map(|line| unquoted(line, ','))
                .filter_map(Range::read)
        };
        let accepts = |kind| {
            // The most specific range decides (RFC 9110 §12.5.1).
            let fits = ranges().filter_map(|range| Some((range.specificity(kind)?, range.accepts)));
            fits.max().is_some_and(|(_, accepts)| accepts)
        };
        Self {
            json: accepts(JSON),
            events: accepts(EVENTS),
        }
    }

    fn covers(self, answer: AnswerType) -> bool {
        match answer {
            AnswerType::Json => self.json,
            AnswerType::Events => self.json && self.events,
            AnswerType::Stream => self.events,
            AnswerType::Empty => self.json || self.events,
        }
    }
}

/// One media range with its weight.
#[derive(Debug, Clone, Copy)]
struct Range<'h> {
    kind: &'h str,
    subtype: &'h str,
    has_parameters: bool,
    accepts: bool,
}

impl<'h> Range<'h> {
    fn read(text: &'h str) -> Option<Self> {
        let mut parts = unquoted(text, ';');
        let (kind, subtype) = parts.next()?.trim().split_once('/')?;
        let mut range = Self {
            kind,
            subtype,
            has_parameters: false,
            accepts: true,
        };
        for parameter in parts {
            match parameter.split_once('=') {
                Some((name, weight)) if name.trim().eq_ignore_ascii_case("q") => {
                    range.accepts &= !is_zero(weight.trim());
                }
                Some(_) => range.has_parameters = true,
                None => {}
            }
        }
        Some(range)
    }

    /// Returns how specifically the range names a media type, or `None` if it does not cover it.
    fn specificity(self, (kind, subtype): (&str, &str)) -> Option<u8> {
        let is_kind = self.kind.eq_ignore_ascii_case(kind);
        let is_type = is_kind && self.subtype.eq_ignore_ascii_case(subtype);
        match self {
            // Answers have no parameters. A range with one, like `charset`, still covers the
            // answer. With a weight of zero it excludes only answers that are never sent.
            _ if is_type && self.has_parameters => self.accepts.then_some(2),
            _ if is_type => Some(3),
            _ if is_kind && self.subtype == "*" => Some(1),
            _ if self.kind == "*" && self.subtype == "*" => Some(0),
            _ => None,
        }
    }
}

/// Returns whether a weight excludes its range (RFC 9110 §12.4.2). A malformed weight does
/// not, as in rmcp.
fn is_zero(weight: &str) -> bool {
    let (whole, fraction) = weight.split_once('.').unwrap_or((weight, ""));
    whole == "0" && fraction.len() <= 3 && fraction.bytes().all(|digit| digit == b'0')
}

/// Splits a list at a delimiter, except inside quoted strings (RFC 9110 §5.6.4).
fn unquoted(text: &str, delimiter: char) -> impl Iterator<Item = &str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    text.split(move |character| {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            _ => return !is_quoted && character == delimiter,
        }
        false
    })
}

/// Checks that a client accepts the media types that the answer can have.
///
/// # Errors
///
/// Returns the type of the answer if the client does not accept it.
pub(super) fn check(headers: &HeaderMap, answer: AnswerType) -> Result<(), AnswerType> {
    match Accepted::read(headers).covers(answer) {
        true => Ok(()),
        false => Err(answer),
    }
}

impl AnswerType {
    /// Returns the type of the answer to an operation, or `None` if every client can read it.
    /// `opens_sessions` states whether clients can get sessions, `reports` whether messages may
    /// come before the answer.
    pub(super) fn of(
        operation: Operation<'_>,
        is_in_session: bool,
        opens_sessions: bool,
        reports: bool,
    ) -> Option<Self> {
        Some(match operation {
            Operation::EndSession => return None,
            Operation::Stream => Self::Stream,
            Operation::Notify | Operation::Reply => Self::Empty,
            Operation::Listen(_) => Self::Events,
            Operation::Initialize if opens_sessions => Self::Events,
            _ if is_in_session || reports => Self::Events,
            _ => Self::Json,
        })
    }

    /// Returns the description for a client that does not accept this type.
    pub(super) fn description(self) -> &'static str {
        match self {
            Self::Json => {
                "the Accept header does not cover application/json, which the answer is; \
                 send `Accept: application/json, text/event-stream`"
            }
            Self::Events => {
                "the Accept header does not cover both application/json and text/event-stream, \
                 and the answer can be either; send `Accept: application/json, text/event-stream`"
            }
            Self::Stream => {
                "the Accept header does not cover text/event-stream, which the answer is; \
                 send `Accept: text/event-stream`"
            }
            Self::Empty => {
                "the Accept header covers neither application/json nor text/event-stream; \
                 send `Accept: application/json, text/event-stream`"
            }
        }
    }
}

/// Writes both types out for rmcp, after [`check`] has found the answer to be covered.
pub(super) fn write_out(headers: &mut HeaderMap) {
    headers.insert(header::ACCEPT, BOTH);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(lines: &[&str]) -> (bool, bool) {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::ACCEPT, line.parse().unwrap());
        }
        let accepted = Accepted::read(&headers);
        (accepted.json, accepted.events)
    }

    #[test]
    fn ranges_cover_what_they_name() {
        let (both, json, events, neither) =
            ((true, true), (true, false), (false, true), (false, false));
        for (lines, expected) in [
            (&[][..], both),
            (&[""], both),
            (&["  "], both),
            (&["*/*"], both),
            (&["application/*, text/*"], both),
            (&["application/*", "text/*"], both),
            (&["application/json", "text/event-stream"], both),
            (&["text/event-stream, application/json"], both),
            (&["APPLICATION/JSON , TEXT/Event-Stream"], both),
            (&["application/json, */*;q=0.1"], both),
            (&["text/event-stream, */*"], both),
            (&["application/json;charset=utf-8, text/event-stream"], both),
            (&["application/json;p=\"a,b;q=0\", text/event-stream"], both),
            (&["application/json;q=abc, text/event-stream;q=2"], both),
            (&["text/html, application/xhtml+xml, */*;q=0.8"], both),
            (&["application/json"], json),
            (&["application/*"], json),
            (&["application/json;q=0.5,text/event-stream;q=0"], json),
            (&["*/*, text/event-stream;q=0.000"], json),
            (&["*/*", "text/*;Q=0"], json),
            (&["text/event-stream"], events),
            (&["*/*, application/json;q=0"], events),
            (&["application/*;q=0., */*"], events),
            (&["text/html"], neither),
            (&["*/*;q=0"], neither),
            (&["*"], neither),
            (&["json, event-stream"], neither),
            (&["application/json-seq, text/event-streams"], neither),
            (&["*/json, */event-stream"], neither),
            (&["\"application/json, text/event-stream\""], neither),
            (
                &["application/json;q=0, text/event-stream;q=0, */*"],
                neither,
            ),
            // The answer has no such parameter, so this refuses what is not sent.
            (&["application/json;v=2;q=0, */*"], both),
        ] {
            assert_eq!(accepted(lines), expected, "{lines:?}");
        }
    }

    #[test]
    fn a_line_that_is_no_text_covers_nothing() {
        let mut headers = HeaderMap::new();
        let line = HeaderValue::from_bytes(b"*/*\xff").unwrap();
        headers.insert(header::ACCEPT, line);
        let accepted = Accepted::read(&headers);
        assert!(!accepted.json && !accepted.events);
    }
}
