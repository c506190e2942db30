//! Which rule a value breaks, and where. The value itself is never repeated: it is the
//! caller's, and may be megabytes.

use std::fmt::Write;

/// The longest name of a member that is told, in characters.
const LONGEST: usize = 64;

/// One rule that a value breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Where: `filter.tags[0]`; empty for the whole value.
    pub(crate) path: String,
    /// How many steps that is below the whole value.
    pub(crate) depth: usize,
    /// What is wrong there.
    pub(crate) broken: Broken,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Broken {
    /// A member is missing.
    Missing(String),
    /// Members are there that no rule names: the first of them.
    Unknown(Vec<String>),
    /// It is not of this type.
    Type(String),
    /// It breaks another rule; the text goes on from "it".
    Rule { keyword: &'static str, text: String },
    /// To find out whether it keeps the rules takes too many steps.
    TooComplicated,
}

/// A step from a value to one inside it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step<'v> {
    Member(&'v str),
    Item(usize),
}

impl Fault {
    /// The fault of a value whose check takes too many steps.
    pub(super) fn too_complicated() -> Self {
        Self::new(&[], Broken::TooComplicated)
    }

    pub(super) fn new(path: &[Step<'_>], broken: Broken) -> Self {
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
            broken,
        }
    }
}

/// A name from outside, as it may be told.
pub(super) fn short(name: &str) -> String {
    match name.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", name.split_at(end).0),
        None => name.to_owned(),
    }
}
