//! The records: the members of each line, all of bounded length.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    fmt::{self, Write},
};

use crate::{
    chain::Head,
    event::{Decision, OperatorAction, RunEnd, UserDecision, Verdict},
    key::AuditKey,
    line::{VERSION, hex, push_number},
    log::Subjects,
};

/// The longest text of a field, in bytes, before its JSON escapes.
const LONGEST: usize = 256;
/// The longest method, word or code.
const LONGEST_WORD: usize = 64;
/// The longest list of scopes.
const LONGEST_LIST: usize = 1500;

/// Writes the members of one line, up to those of the chain.
pub(crate) struct LineWriter<'k> {
    line: Vec<u8>,
    key: &'k AuditKey,
    /// Holds a list of scopes while it is written.
    list: String,
}

impl<'k> LineWriter<'k> {
    fn new(key: &'k AuditKey, record_type: &str, time: u64) -> Self {
        let mut line = Self {
            line: Vec::with_capacity(1024),
            key,
            list: String::new(),
        };
        line.line.extend_from_slice(br#"{"v":"#);
        push_number(&mut line.line, VERSION);
        line.word("type", record_type);
        line.number("time", time);
        line
    }

    /// Writes the name of a member, which needs no escape.
    fn name(&mut self, name: &str) {
        self.line.extend_from_slice(br#",""#);
        self.line.extend_from_slice(name.as_bytes());
        self.line.extend_from_slice(br#"":"#);
    }

    fn number(&mut self, name: &str, number: u64) {
        self.name(name);
        push_number(&mut self.line, number);
    }

    /// Writes a word of this program, which needs no escape.
    fn word(&mut self, name: &str, word: &str) {
        self.name(name);
        self.line.push(b'"');
        self.line.extend_from_slice(word.as_bytes());
        self.line.push(b'"');
    }

    /// Writes the id that a decision and its run share. It is unique in the log, because the
    /// number of the start record is unique.
    fn id(&mut self, start: u64, id: u64) {
        self.name("id");
        self.line.push(b'"');
        push_number(&mut self.line, start);
        self.line.push(b'-');
        push_number(&mut self.line, id);
        self.line.push(b'"');
    }

    /// Writes scopes. An empty list is not written.
    fn scopes(&mut self, name: &str, scopes: &dyn fmt::Display) {
        let mut list = std::mem::take(&mut self.list);
        list.clear();
        // Writing into memory does not fail.
        let _ = write!(list, "{scopes}");
        self.text(
            name,
            Some(&*list).filter(|list| !list.is_empty()),
            LONGEST_LIST,
        );
        self.list = list;
    }

    /// Writes a list of texts, each cut like a text. An empty list is not written.
    fn list(&mut self, name: &str, texts: &[Cow<'_, str>], longest: usize) {
        if texts.is_empty() {
            return;
        }
        self.name(name);
        self.line.push(b'[');
        for (place, text) in texts.iter().enumerate() {
            if place > 0 {
                self.line.push(b',');
            }
            self.value(text, longest);
        }
        self.line.push(b']');
    }

    fn flag(&mut self, name: &str, flag: bool) {
        self.name(name);
        let flag: &[u8] = if flag { b"true" } else { b"false" };
        self.line.extend_from_slice(flag);
    }

    /// Writes a text. A longer one is cut, and its pseudonym is added, so that two long texts with
    /// the same beginning stay distinguishable.
    fn text(&mut self, name: &str, text: Option<&str>, longest: usize) {
        let Some(text) = text else { return };
        self.name(name);
        self.value(text, longest);
    }

    fn value(&mut self, text: &str, longest: usize) {
        let written = match text.len() <= longest {
            true => serde_json::to_writer(&mut self.line, text),
            false => {
                let cut = text.floor_char_boundary_at(longest);
                let of = self.key.pseudonym("long text", &[text]);
                serde_json::to_writer(&mut self.line, &format!("{cut}…#{of}"))
            }
        };
        // Writing a string into memory does not fail.
        debug_assert!(written.is_ok());
    }

    /// Writes the issuer and the subject of a token.
    fn user(&mut self, subjects: Subjects, issuer: Option<&str>, subject: Option<&str>) {
        self.text("issuer", issuer, LONGEST);
        let named =
            subject.map(|subject| self.named(subjects, issuer.unwrap_or_default(), subject));
        self.text("subject", named.as_deref(), LONGEST);
    }

    /// Returns the subject of an issuer, or its pseudonym.
    fn named<'s>(&self, subjects: Subjects, issuer: &str, subject: &'s str) -> Cow<'s, str> {
        match subjects {
            Subjects::Plain => subject.into(),
            Subjects::Pseudonymous => self.key.pseudonym("subject", &[issuer, subject]).into(),
        }
    }

    /// Writes counts. Their names are words of this program.
    fn counts(&mut self, name: &str, counts: &BTreeMap<String, u64>) {
        self.name(name);
        // Writing a map of strings into memory does not fail.
        let written = serde_json::to_writer(&mut self.line, counts);
        debug_assert!(written.is_ok());
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.line
    }
}

/// `str::floor_char_boundary`, which is not stable in the oldest supported compiler.
trait FloorCharBoundary {
    fn floor_char_boundary_at(&self, at: usize) -> &str;
}

impl FloorCharBoundary for str {
    fn floor_char_boundary_at(&self, at: usize) -> &str {
        let mut at = at.min(self.len());
        while !self.is_char_boundary(at) {
            at -= 1;
        }
        &self[..at]
    }
}

/// Writes a decision. `start` is the number of the start record of this process.
pub(crate) fn decision(
    key: &AuditKey,
    subjects: Subjects,
    start: u64,
    decision: &Decision<'_>,
) -> Vec<u8> {
    let mut line = LineWriter::new(key, "decision", decision.time);
    line.id(start, decision.id);
    line.text("request_id", Some(decision.request_id), LONGEST);
    line.text("trace_id", decision.trace_id, LONGEST_WORD);
    let session = decision.session.map(|id| key.pseudonym("session", &[id]));
    line.text("session", session.as_deref(), LONGEST_WORD);
    line.user(subjects, decision.issuer, decision.subject);
    line.text("client", decision.client, LONGEST);
    let actors = decision.actors.iter();
    let actors: Vec<_> = actors
        .map(|(issuer, actor)| line.named(subjects, issuer, actor))
        .collect();
    line.list("actors", &actors, LONGEST_WORD);
    line.text("method", Some(decision.method), LONGEST_WORD);
    line.text("item", decision.item, LONGEST);
    line.scopes("required_scopes", decision.required_scopes);
    line.scopes("token_scopes", decision.token_scopes);
    line.scopes("missing_scopes", decision.missing_scopes);
    line.text("decision", Some(decision.decision), LONGEST_WORD);
    match decision.verdict {
        Verdict::Allowed { runs } => {
            line.flag("allowed", true);
            line.flag("runs", runs);
        }
        Verdict::Denied {
            reason_code,
            detail,
            is_late,
        } => {
            line.flag("allowed", false);
            line.text("reason_code", reason_code, LONGEST_WORD);
            line.text("detail", detail, LONGEST);
            if is_late {
                line.flag("late", true);
            }
        }
        Verdict::Aggregated { reason_code } => {
            line.flag("allowed", false);
            line.text("reason_code", reason_code, LONGEST_WORD);
        }
    }
    line.text("policy", decision.policy, LONGEST);
    line.text("policy_version", decision.policy_version, LONGEST_WORD);
    line.finish()
}

/// Writes the decision of a user.
pub(crate) fn user_decision(
    key: &AuditKey,
    subjects: Subjects,
    decision: &UserDecision<'_>,
) -> Vec<u8> {
    let mut line = LineWriter::new(key, "user_decision", decision.time);
    let question = key.pseudonym("question", &[decision.question]);
    line.text("question", Some(&question), LONGEST_WORD);
    line.user(subjects, decision.issuer, decision.subject);
    line.text("item", Some(decision.item), LONGEST);
    line.text("channel", Some(decision.channel), LONGEST_WORD);
    line.text("answer", Some(decision.answer), LONGEST_WORD);
    line.finish()
}

/// Writes an action of the operator.
pub(crate) fn operator_action(
    key: &AuditKey,
    subjects: Subjects,
    action: &OperatorAction<'_>,
) -> Vec<u8> {
    let mut line = LineWriter::new(key, "operator_action", action.time);
    line.text("action", Some(action.action), LONGEST_WORD);
    line.text("kind", Some(action.kind), LONGEST_WORD);
    match action.kind {
        "subject" => line.user(subjects, action.issuer, Some(action.name)),
        _ => {
            line.text("issuer", action.issuer, LONGEST);
            line.text("name", Some(action.name), LONGEST);
        }
    }
    if let Some(seconds) = action.seconds {
        line.number("seconds", seconds);
    }
    line.text("peer", Some(&action.peer.to_string()), LONGEST_WORD);
    line.finish()
}

/// Writes the end of a run.
pub(crate) fn run(key: &AuditKey, start: u64, end: &RunEnd<'_>) -> Vec<u8> {
    let mut line = LineWriter::new(key, "run", end.time);
    line.id(start, end.id);
    line.text("result", Some(end.result), LONGEST_WORD);
    line.text("reason_code", end.reason_code, LONGEST_WORD);
    let duration = u64::try_from(end.duration.as_micros()).unwrap_or(u64::MAX);
    line.number("duration_us", duration);
    line.finish()
}

/// Writes that a process continues the log after a head. `cut` is the length of the incomplete last
/// line, which was removed.
pub(crate) fn start(
    key: &AuditKey,
    subjects: Subjects,
    time: u64,
    after: Head,
    cut: u64,
) -> Vec<u8> {
    let mut line = LineWriter::new(key, "start", time);
    line.text(
        "software",
        Some(concat!("toolgate ", env!("CARGO_PKG_VERSION"))),
        LONGEST_WORD,
    );
    line.text("subjects", Some(subjects.as_str()), LONGEST_WORD);
    line.number("after_count", after.count);
    line.text("after_mac", Some(&hex(&after.mac)), LONGEST_WORD);
    if cut > 0 {
        line.number("cut_bytes", cut);
    }
    line.finish()
}

/// Writes that the log continues in a new file.
pub(crate) fn rotated(key: &AuditKey, time: u64, after: Head) -> Vec<u8> {
    let mut line = LineWriter::new(key, "rotated", time);
    line.number("after_count", after.count);
    line.text("after_mac", Some(&hex(&after.mac)), LONGEST_WORD);
    line.finish()
}

/// Writes how many records could not be written before this one.
pub(crate) fn lost(key: &AuditKey, time: u64, count: u64) -> Vec<u8> {
    let mut line = LineWriter::new(key, "lost", time);
    line.number("count", count);
    line.finish()
}

/// Writes refusals that were counted since the last such record.
pub(crate) fn refusals(
    key: &AuditKey,
    record_type: &'static str,
    time: u64,
    since: u64,
    counts: &BTreeMap<String, u64>,
) -> Vec<u8> {
    let mut line = LineWriter::new(key, record_type, time);
    line.number("since", since);
    let all = counts.values();
    line.number(
        "count",
        all.fold(0, |sum, count| sum.saturating_add(*count)),
    );
    line.counts("reasons", counts);
    line.finish()
}
