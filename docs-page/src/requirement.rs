//! What an item requires and what a tool does, in words that each rendering marks in its own way.

use std::borrow::Cow;

use crate::facts::{Access, Conditions, ToolHints};

/// A part of the sentence on what an item requires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part<'a> {
    /// The whole sentence for a public item.
    Open(&'static str),
    /// The whole sentence for an item that needs a token without a scope.
    Login(&'static str),
    /// Words between names, with the spaces around them.
    Words(Cow<'static, str>),
    Scope(&'a str),
    Role(&'a str),
    /// A value of a claim.
    Code(&'a str),
}

impl Part<'_> {
    fn words(words: &'static str) -> Self {
        Self::Words(Cow::Borrowed(words))
    }
}

/// Returns the sentence on what an item requires.
pub(crate) fn requirement<'a>(access: &Access<'a>, conditions: &Conditions<'a>) -> Vec<Part<'a>> {
    let mut parts = match access {
        Access::Public => vec![Part::Open("no login needed")],
        Access::Authenticated => vec![Part::Login("needs a login")],
        Access::Scopes(sets) => {
            let mut parts = vec![Part::words("needs ")];
            parts.extend(alternatives(sets, Part::Scope));
            parts
        }
    };
    if conditions.is_for_persons {
        parts.push(Part::words(" of a person"));
    }
    if !conditions.roles.is_empty() {
        parts.push(Part::words(" as "));
        parts.extend(alternatives(&conditions.roles, Part::Role));
    }
    for (place, value) in conditions.acr.iter().enumerate() {
        let before = [" or ", " after a login with "][usize::from(place == 0)];
        parts.extend([Part::words(before), Part::Code(value)]);
    }
    if let Some(seconds) = conditions.max_age {
        let words = format!(" with a login at most {seconds} seconds ago");
        parts.push(Part::Words(Cow::Owned(words)));
    }
    if conditions.is_confirmed {
        parts.push(Part::words(" after you confirmed it"));
    }
    if conditions.is_approved {
        parts.push(Part::words(
            " after you approved it on a page of this server",
        ));
    }
    let limits = [
        conditions
            .rate
            .as_ref()
            .map(|rate| format!("at most {rate}")),
        conditions
            .concurrency
            .map(|most| format!("at most {most} at the same time")),
        conditions
            .timeout
            .as_ref()
            .map(|time| format!("for at most {time}")),
    ];
    for limit in limits.into_iter().flatten() {
        parts.push(Part::Words(Cow::Owned(format!(", {limit}"))));
    }
    parts
}

/// Joins the names of each alternative by "and", and the alternatives by "or".
fn alternatives<'a>(sets: &[Vec<&'a str>], part: fn(&'a str) -> Part<'a>) -> Vec<Part<'a>> {
    let mut parts = Vec::new();
    for (place, set) in sets.iter().enumerate() {
        if place > 0 {
            parts.push(Part::words(" or "));
        }
        for (place, name) in set.iter().enumerate() {
            if place > 0 {
                parts.push(Part::words(" and "));
            }
            parts.push(part(name));
        }
    }
    parts
}

/// The annotation that a rendering can highlight as dangerous.
pub(crate) const DELETES: &str = "deletes data";

/// Returns the tool's annotations in words. MCP's defaults are not repeated.
pub(crate) fn hint_words(hints: ToolHints) -> Vec<&'static str> {
    let told = [
        (hints.read_only, "only reads", ""),
        (hints.destructive, DELETES, "deletes nothing"),
        (hints.idempotent, "safe to repeat", ""),
        (
            hints.open_world,
            "uses other services",
            "uses no other service",
        ),
    ];
    let words = told.map(|(value, yes, no)| match value {
        Some(true) => yes,
        Some(false) => no,
        None => "",
    });
    words
        .into_iter()
        .filter(|words| !words.is_empty())
        .collect()
}
