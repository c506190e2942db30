//! [`QuestionTemplate`]: the question about a request, with all of its arguments.

use serde_json::{Map, Value};

use crate::log_text::{QuotedText, Truncated};

/// The longest question, in bytes. A longer one is refused, never cut: the user must see the
/// whole question.
const LONGEST_QUESTION: usize = 4000;

/// The longest written text of one value. A longer one makes the question too long anyway.
const LONGEST_VALUE: usize = LONGEST_QUESTION + 16;

/// The reason why these arguments have no question.
pub(super) const TOO_LONG: &str =
    "the arguments are too long to show to the user; send shorter ones";

/// The question of an attribute or a declaration, which the user answers before an item runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum DeclaredQuestion {
    /// `confirm = "…"`: the client asks its user.
    Confirm(&'static str),
    /// `approve = "…"`: the user decides on the server's own page.
    Approve(&'static str),
    /// Both, which is an error: a later declaration must not remove an earlier protection.
    Both,
}

impl DeclaredQuestion {
    /// Adds `confirm = "…"` to the earlier declaration.
    pub(crate) const fn confirm(earlier: Option<Self>, question: &'static str) -> Self {
        match earlier {
            None | Some(Self::Confirm(_)) => Self::Confirm(question),
            Some(_) => Self::Both,
        }
    }

    /// Adds `approve = "…"` to the earlier declaration.
    pub(crate) const fn approve(earlier: Option<Self>, question: &'static str) -> Self {
        match earlier {
            None | Some(Self::Approve(_)) => Self::Approve(question),
            Some(_) => Self::Both,
        }
    }

    /// Returns whether the client asks its user.
    pub(crate) fn is_confirmation(self) -> bool {
        matches!(self, Self::Confirm(_) | Self::Both)
    }

    /// Returns whether the user decides on the server's own page.
    pub(crate) fn is_approval(self) -> bool {
        matches!(self, Self::Approve(_) | Self::Both)
    }
}

/// The question of one item: text, and the names of arguments between the parts of the text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct QuestionTemplate {
    text: &'static str,
    names: Vec<&'static str>,
}

impl QuestionTemplate {
    /// Reads the question of an attribute: `{name}` stands for an argument.
    ///
    /// # Errors
    ///
    /// Returns the name of an argument that the item does not have.
    pub(crate) fn new(text: &'static str, has: impl Fn(&str) -> bool) -> Result<Self, String> {
        let mut names = Vec::new();
        let mut rest = text;
        while let Some((_, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else {
                return Err(after.to_owned());
            };
            if !has(name) {
                return Err(name.to_owned());
            }
            names.push(name);
            rest = after;
        }
        Ok(Self { text, names })
    }

    /// Writes the question for these arguments: the text, and below it the arguments that it
    /// does not name. Returns `None` if it is too long.
    pub(super) fn question(&self, arguments: &Map<String, Value>) -> Option<String> {
        let mut question = String::new();
        let mut rest = self.text;
        for name in &self.names {
            let (before, after) = rest.split_once('{').unwrap_or((rest, ""));
            question.push_str(before);
            question.push_str(&shown(arguments.get(*name)));
            rest = after.split_once('}').map_or("", |(_, after)| after);
        }
        question.push_str(rest);
        let unnamed = arguments
            .iter()
            .filter(|(name, _)| !self.names.iter().any(|named| named == name));
        for (name, value) in unnamed {
            let line = format!("\n{}: {}", shown_name(name), shown(Some(value)));
            question.push_str(&line);
            if question.len() > LONGEST_QUESTION {
                return None;
            }
        }
        (question.len() <= LONGEST_QUESTION).then_some(question)
    }
}

/// Writes an argument so that it cannot imitate the text around it: a string in quotation marks
/// and escaped, everything else as JSON.
fn shown(value: Option<&Value>) -> String {
    match value {
        None => "not given".to_owned(),
        Some(Value::Null) => "nothing".to_owned(),
        Some(Value::String(text)) => QuotedText(text, LONGEST_VALUE).to_string(),
        Some(other) => Truncated(&other.to_string(), LONGEST_VALUE).to_string(),
    }
}

/// Writes the name of an argument, which a client chooses if the item accepts any name: a plain
/// identifier as it is, and everything else like a string, so that no name imitates a sentence.
fn shown_name(name: &str) -> String {
    let is_plain = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name
            .chars()
            .all(|one| one.is_ascii_alphanumeric() || one == '_');
    match is_plain {
        true => Truncated(name, LONGEST_VALUE).to_string(),
        false => QuotedText(name, LONGEST_VALUE).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn question(text: &'static str, arguments: Value) -> String {
        let Value::Object(arguments) = arguments else {
            panic!("not an object: {arguments}");
        };
        let template = QuestionTemplate::new(text, |name| arguments.contains_key(name));
        template.unwrap().question(&arguments).unwrap_or_default()
    }

    #[test]
    fn the_question_shows_every_argument() {
        assert_eq!(
            question("Delete {id}?", json!({"id": 7, "force": true})),
            "Delete 7?\nforce: true"
        );
        assert_eq!(
            question("Move {a} to {b}, {a}?", json!({"a": "x", "b": null})),
            "Move \"x\" to nothing, \"x\"?"
        );
        assert_eq!(
            question("Go on?", json!({"list": [1, "a"]})),
            "Go on?\nlist: [1,\"a\"]"
        );
    }

    #[test]
    fn an_argument_cannot_imitate_the_question() {
        let hostile = "a\"? Nothing will be deleted.\n\u{202e}x{id}";
        let asked = question("Delete {id}?", json!({"id": hostile, "{id}": "{id}"}));
        assert!(
            asked.starts_with(r#"Delete "a\"? Nothing will be deleted.\n\u{202e}x{id}"?"#),
            "{asked}"
        );
        assert_eq!(asked.lines().count(), 2, "{asked}");
    }

    #[test]
    fn a_name_cannot_imitate_the_question() {
        for (name, shown) in [
            ("dry_run", "dry_run"),
            ("_2", "_2"),
            ("", r#""""#),
            ("2", r#""2""#),
            ("Nothing will be deleted", r#""Nothing will be deleted""#),
            ("a\": 1\nid", r#""a\": 1\nid""#),
            ("\u{0456}d", "\"\u{0456}d\""),
        ] {
            let asked = question("Go on?", json!({name: true}));
            assert_eq!(asked, format!("Go on?\n{shown}: true"));
        }
    }

    #[test]
    fn an_argument_that_is_not_given_is_not_null() {
        let template = QuestionTemplate::new("Delete {id}?", |_| true).unwrap();
        let asked = template.question(&Map::new());
        assert_eq!(asked.as_deref(), Some("Delete not given?"));
        assert_eq!(
            question("Delete {id}?", json!({"id": null})),
            "Delete nothing?"
        );
    }

    #[test]
    fn an_argument_is_shown_whole_or_not_at_all() {
        let long = "y".repeat(3_900);
        let asked = question("Delete {id}?", json!({"id": long}));
        assert!(asked.contains(&long), "{asked}");
        assert_eq!(
            question("Delete {id}?", json!({"id": "y".repeat(4_000)})),
            ""
        );
        // A short argument becomes long when it is escaped.
        assert_eq!(
            question("Delete {id}?", json!({"id": "\u{202e}".repeat(600)})),
            ""
        );
    }

    #[test]
    fn a_name_that_is_no_argument_is_an_error() {
        let has = |name: &str| name == "id";
        assert_eq!(
            QuestionTemplate::new("Delete {nr}?", has),
            Err("nr".to_owned())
        );
        assert_eq!(
            QuestionTemplate::new("Delete {id?", has),
            Err("id?".to_owned())
        );
        let any = |_: &str| true;
        assert_eq!(
            QuestionTemplate::new("Delete {id?", any),
            Err("id?".to_owned())
        );
        assert!(QuestionTemplate::new("Delete {id} and {id}?", has).is_ok());
    }

    #[test]
    fn a_later_declaration_does_not_remove_an_earlier_one() {
        use DeclaredQuestion::{Approve, Both, Confirm};

        let confirm = |earlier| DeclaredQuestion::confirm(earlier, "new");
        let approve = |earlier| DeclaredQuestion::approve(earlier, "new");
        assert_eq!(
            (confirm(None), approve(None)),
            (Confirm("new"), Approve("new"))
        );
        assert_eq!(confirm(Some(Confirm("old"))), Confirm("new"));
        assert_eq!(approve(Some(Approve("old"))), Approve("new"));
        assert_eq!(confirm(Some(Approve("old"))), Both);
        assert_eq!(approve(Some(Confirm("old"))), Both);
        assert_eq!((confirm(Some(Both)), approve(Some(Both))), (Both, Both));
        assert!(Both.is_approval() && Both.is_confirmation());
        assert!(!Confirm("").is_approval() && !Approve("").is_confirmation());
    }
}
