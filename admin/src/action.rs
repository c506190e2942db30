//! [`Action`]: what a request can ask for, and its form in JSON.

use std::fmt;

use serde::{Deserialize, Serialize};
use toolgate_store::{ItemKind, ItemName, Revoked};

/// The longest name in an action, in bytes.
const LONGEST: usize = 2048;

/// The longest time of a revocation: ten years.
const LONGEST_TIME: u64 = 10 * 366 * 24 * 60 * 60;

/// What an operator asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Switches an item off.
    SwitchOff(ItemName),
    /// Switches an item on that the operator has switched off.
    SwitchOn(ItemName),
    /// Refuses tokens, for some seconds or until it is lifted.
    Revoke {
        /// The tokens.
        revoked: Revoked,
        /// For how long.
        seconds: Option<u64>,
    },
    /// Lifts a revocation of the operator.
    Lift(Revoked),
}

/// Why a text is no action. The sentence contains nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActionError(&'static str);

impl fmt::Display for ActionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for ActionError {}

/// The members of a request. An unknown or a repeated member is an error: a misspelled `jti` must
/// not revoke a whole issuer.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Members {
    action: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    issuer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jti: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds: Option<u64>,
}

impl Action {
    /// Parses a body.
    ///
    /// # Errors
    ///
    /// If it is not exactly one action.
    pub fn parse(body: &[u8]) -> Result<Self, ActionError> {
        let members: Members = serde_json::from_slice(body).map_err(|_| {
            ActionError("the body is not a JSON object with the members of an action")
        })?;
        let action = members.action.clone();
        match (&*action, members.seconds) {
            ("revoke", seconds) => {
                if seconds.is_some_and(|seconds| seconds == 0 || seconds > LONGEST_TIME) {
                    return Err(ActionError("`seconds` is not between 1 and ten years"));
                }
                let revoked = members.revoked()?;
                Ok(Self::Revoke { revoked, seconds })
            }
            (_, Some(_)) => Err(ActionError("`seconds` belongs to `revoke` only")),
            ("switch_off", None) => members.item().map(Self::SwitchOff),
            ("switch_on", None) => members.item().map(Self::SwitchOn),
            ("lift", None) => members.revoked().map(Self::Lift),
            _ => Err(ActionError(
                "`action` is not switch_off, switch_on, revoke or lift",
            )),
        }
    }

    /// Returns the word of the action, for records.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::SwitchOff(_) => "switch_off",
            Self::SwitchOn(_) => "switch_on",
            Self::Revoke { .. } => "revoke",
            Self::Lift(_) => "lift",
        }
    }
}

impl Members {
    fn item(self) -> Result<ItemName, ActionError> {
        let names_token = [&self.issuer, &self.subject, &self.client, &self.jti];
        if names_token.iter().any(|member| member.is_some()) {
            return Err(ActionError("an item is switched without an issuer"));
        }
        let (kind, name) = match (self.tool, self.prompt, self.resource) {
            (Some(name), None, None) => (ItemKind::Tool, name),
            (None, Some(name), None) => (ItemKind::Prompt, name),
            (None, None, Some(name)) => (ItemKind::Resource, name),
            _ => {
                return Err(ActionError(
                    "name exactly one of `tool`, `prompt` and `resource`",
                ));
            }
        };
        let name = checked(name)?;
        Ok(ItemName { kind, name })
    }

    fn revoked(self) -> Result<Revoked, ActionError> {
        if self.tool.is_some() || self.prompt.is_some() || self.resource.is_some() {
            return Err(ActionError("tokens are revoked without an item"));
        }
        let issuer = self.issuer.ok_or(ActionError("`issuer` is missing"))?;
        let issuer = checked(issuer)?;
        Ok(match (self.subject, self.client, self.jti) {
            (None, None, None) => Revoked::Issuer { issuer },
            (Some(subject), None, None) => Revoked::Subject {
                issuer,
                subject: checked(subject)?,
            },
            (None, Some(client), None) => Revoked::Client {
                issuer,
                client: checked(client)?,
            },
            (None, None, Some(jti)) => Revoked::Token {
                issuer,
                jti: checked(jti)?,
            },
            _ => {
                return Err(ActionError(
                    "name at most one of `subject`, `client` and `jti`",
                ));
            }
        })
    }
}

fn checked(name: String) -> Result<String, ActionError> {
    match name.len() {
        0 => Err(ActionError("a name is empty")),
        length if length > LONGEST => Err(ActionError("a name has more than 2048 bytes")),
        _ if name.contains(char::is_control) => Err(ActionError("a name has control characters")),
        _ => Ok(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Action, ActionError> {
        Action::parse(text.as_bytes())
    }

    #[test]
    fn each_action_has_one_form() {
        let item = ItemName {
            kind: ItemKind::Tool,
            name: "t".into(),
        };
        assert_eq!(
            parse(r#"{"action":"switch_off","tool":"t"}"#),
            Ok(Action::SwitchOff(item))
        );
        let revoked = parse(r#"{"action":"revoke","issuer":"i","jti":"7","seconds":60}"#);
        let token = Revoked::Token {
            issuer: "i".into(),
            jti: "7".into(),
        };
        assert_eq!(
            revoked,
            Ok(Action::Revoke {
                revoked: token.clone(),
                seconds: Some(60)
            })
        );
        assert_eq!(
            parse(r#"{"action":"lift","issuer":"i","jti":"7"}"#),
            Ok(Action::Lift(token))
        );
    }

    #[test]
    fn what_is_not_exactly_one_action_is_refused() {
        for text in [
            "",
            "[]",
            "null",
            "{}",
            r#"{"action":"add_scope","scope":"a"}"#,
            r#"{"action":"add_issuer","issuer":"i"}"#,
            r#"{"action":"switch_off"}"#,
            r#"{"action":"switch_off","tool":"a","prompt":"b"}"#,
            r#"{"action":"switch_off","tool":"a","issuer":"i"}"#,
            r#"{"action":"switch_off","tool":"a","seconds":1}"#,
            r#"{"action":"switch_off","tool":"a","tool":"b"}"#,
            r#"{"action":"revoke"}"#,
            r#"{"action":"revoke","subject":"s"}"#,
            // A misspelled member must not widen the revocation to the issuer.
            r#"{"action":"revoke","issuer":"i","jtl":"7"}"#,
            r#"{"action":"revoke","issuer":"i","subject":"s","client":"c"}"#,
            r#"{"action":"revoke","issuer":"i","subject":""}"#,
            r#"{"action":"revoke","issuer":"i","tool":"t"}"#,
            r#"{"action":"revoke","issuer":"i","seconds":0}"#,
            r#"{"action":"revoke","issuer":"i","seconds":-1}"#,
            r#"{"action":"revoke","issuer":"i\u0000"}"#,
            r#"{"action":"lift","issuer":"i","seconds":5}"#,
            r#"{"action":"revoke","issuer":"i"} {}"#,
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        let long = format!(r#"{{"action":"revoke","issuer":"{}"}}"#, "i".repeat(2049));
        assert!(parse(&long).is_err());
    }
}
