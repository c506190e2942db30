//! Which media types a client accepts (RFC 9110 §12.5.1).
//!
//! rmcp takes a type only if it is written out. In HTTP a range, a weight or no header at all
//! can mean the same, so the gate reads the header once, refuses what does not cover the
//! answer, and hands rmcp the types written out.

use http::{HeaderMap, HeaderValue, header};
use rmcp::model::{GetMeta, JsonRpcMessage};

use crate::operation::Operation;

use super::{
    Gate, message::IncomingMessage, refusal::Refusal, stateless_fast_path::StatelessFastPath,
};

const JSON: (&str, &str) = ("application", "json");
const EVENTS: (&str, &str) = ("text", "event-stream");

/// Both types, as nearly every client writes them.
const BOTH: HeaderValue = HeaderValue::from_static("application/json, text/event-stream");

/// The types of the transport that a client accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Accepted {
    pub(super) json: bool,
    pub(super) events: bool,
}

/// The types that the answer to a request can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AnswerType {
    /// JSON alone.
    Json,
    /// An event stream. What is refused is JSON.
    Events,
    /// The event stream of a `GET`.
    Stream,
    /// No content. What is refused is JSON.
    Empty,
}

impl Accepted {
    /// Reads every line of the header. A client that sends none accepts everything.
    pub(super) fn read(headers: &HeaderMap) -> Self {
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

    /// How closely the range names a media type; none if it does not cover it.
    fn specificity(self, (kind, subtype): (&str, &str)) -> Option<u8> {
        let is_kind = self.kind.eq_ignore_ascii_case(kind);
        let is_type = is_kind && self.subtype.eq_ignore_ascii_case(subtype);
        match self {
            // The answers have no parameters: one like `charset` asks for nothing else, but
            // with a weight of zero it refuses what is not sent anyway.
            _ if is_type && self.has_parameters => self.accepts.then_some(2),
            _ if is_type => Some(3),
            _ if is_kind && self.subtype == "*" => Some(1),
            _ if self.kind == "*" && self.subtype == "*" => Some(0),
            _ => None,
        }
    }
}

/// Whether a weight refuses (RFC 9110 §12.4.2). One that cannot be read refuses nothing, as
/// in rmcp.
fn is_zero(weight: &str) -> bool {
    let (whole, fraction) = weight.split_once('.').unwrap_or((weight, ""));
    whole == "0" && fraction.len() <= 3 && fraction.bytes().all(|digit| digit == b'0')
}

/// The parts of a list, where a quoted string can have the delimiter in it (RFC 9110 §5.6.4).
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

impl Gate {
    /// Refuses a request whose client does not accept what its answer can be.
    pub(super) fn check_accepted(
        &self,
        headers: &HeaderMap,
        operation: Operation<'_>,
        asked: &IncomingMessage,
        is_in_session: bool,
    ) -> Result<(), Refusal> {
        let answer = match operation {
            Operation::EndSession => return Ok(()),
            Operation::Stream => AnswerType::Stream,
            Operation::Notify | Operation::Reply => AnswerType::Empty,
            Operation::Listen(_) => AnswerType::Events,
            Operation::Initialize if self.has_sessions() => AnswerType::Events,
            _ if is_in_session => AnswerType::Events,
            _ if self.can_report(operation) && is_reported_on(asked) => AnswerType::Events,
            _ => AnswerType::Json,
        };
        match Accepted::read(headers).covers(answer) {
            true => Ok(()),
            false => Err(Refusal::NotAcceptable(answer)),
        }
    }

    /// Whether what an operation runs could tell of something before its result. A tool that
    /// goes the short way cannot, and a list has nothing that runs.
    fn can_report(&self, operation: Operation<'_>) -> bool {
        let takes = |lane: &dyn StatelessFastPath| {
            let target = self.rules.target(operation);
            target.is_some_and(|target| lane.takes(target))
        };
        match operation {
            Operation::ListTools => self.stateless_fast_path.is_none(),
            Operation::CallTool(_) => !self.stateless_fast_path.as_deref().is_some_and(takes),
            _ => true,
        }
    }

    /// Whether clients can get sessions. What is behind a gate alone decides that by itself.
    fn has_sessions(&self) -> bool {
        self.session_fast_path.is_some() || self.stateless_fast_path.is_none()
    }
}

impl AnswerType {
    /// What a client reads that does not accept it.
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

/// Whether a client wants to hear of progress or be sent log messages before the answer.
fn is_reported_on(asked: &IncomingMessage) -> bool {
    let IncomingMessage::Message(message) = asked else {
        return false;
    };
    let JsonRpcMessage::Request(request) = message.as_ref() else {
        return false;
    };
    let meta = request.request.get_meta();
    meta.get_progress_token().is_some() || meta.log_level().is_some()
}

/// Writes out for rmcp what a client accepts, once the answer is known to be covered.
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
