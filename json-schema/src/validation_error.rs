//! The rule that a value breaks, and where. The value itself is never repeated: it comes
//! from the caller and may have megabytes.

use std::fmt::Write;

/// The longest name of a member in a message, in characters.
const LONGEST: usize = 64;

/// One rule that a value breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidationError {
    /// The path, such as `filter.tags[0]`; empty for the whole value.
    pub path: String,
    /// The length of the path in steps.
    pub depth: usize,
    /// What is wrong there.
    pub kind: ValidationErrorKind,
}

/// What is wrong with a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ValidationErrorKind {
    /// A member is missing.
    Missing(String),
    /// Members that no rule names: the first of them.
    Unknown(Vec<String>),
    /// The value is not of this type.
    Type(String),
    /// The value breaks another rule. The subject of the text is "it".
    Rule {
        /// The keyword of the rule.
        keyword: &'static str,
        /// What the rule requires.
        text: String,
    },
    /// The check takes too many steps.
    TooComplicated,
}

/// A step from a value to an inner one.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step<'v> {
    Member(&'v str),
    Item(usize),
}

impl ValidationError {
    /// Builds the error for a check that takes too many steps.
    pub(super) fn too_complicated() -> Self {
        Self::new(&[], ValidationErrorKind::TooComplicated)
    }

    pub(super) fn new(path: &[Step<'_>], kind: ValidationErrorKind) -> Self {
        let mut text = String::new();
        for step in path {
            match step {
                Step::Member(name) => {
                    if !text.is_empty() {
                        text.push('.');
                    }
                    text.push_str(&short(name));
                }
                Step::Item(at) => {
                    let _infallible = write!(text, "[{at}]");
                }
            }
        }
        Self {
            path: text,
            depth: path.len(),
            kind,
        }
    }
}

/// Shortens a caller's name for a message.
pub(super) fn short(name: &str) -> String {
    match name.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", name.split_at(end).0),
        None => name.to_owned(),
    }
}
