//! The members of a refusal's JSON, and the sentence that a client shows.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Refusal, RefusalContext, RefusedRequest};

impl RefusedRequest<'_> {
    /// Returns the members: OAuth's error, the stable code, and what would help.
    pub(super) fn body_members(&self, context: RefusalContext<'_>) -> Value {
        let refusal = &self.refusal;
        let description = refusal.description(context);
        let scope = context.challenges.scopes(refusal.scopes(), context.table);
        let mut members = oauth_members(refusal.outcome(), &description, &scope);
        if let Some(reason) = refusal.reason() {
            members["reason"] = reason.code().into();
        }
        if let Some(detail) = refusal.detail() {
            members["detail"] = detail.into();
        }
        if let Some(remedy) = self.remedy_member(context) {
            members["remedy"] = remedy;
        }
        members
    }

    /// Returns what would help, with what the client needs for it.
    fn remedy_member(&self, context: RefusalContext<'_>) -> Option<Value> {
        let refusal = &self.refusal;
        let mut member = json!({"action": refusal.remedy(context)?.action()});
        let scopes = context.challenges.names(refusal.scopes(), context.table);
        let scopes: Vec<String> = scopes.collect();
        if !scopes.is_empty() {
            member["scopes"] = scopes.into();
        }
        if let Some(retry_after) = refusal.retry_after() {
            member["retry_after"] = whole_seconds(retry_after).into();
        }
        match refusal {
            // The caller has a valid token: one without is refused for that, before its roles and
            // its login are compared.
            Refusal::MissingRole { needed } => member["roles"] = json!(needed),
            Refusal::InsufficientAuthentication { conditions, .. } => {
                if !conditions.acr().is_empty() {
                    member["acr_values"] = json!(conditions.acr());
                }
                if let Some(max_age) = conditions.max_age() {
                    member["max_age"] = max_age.as_secs().into();
                }
            }
            _ => {}
        }
        Some(member)
    }

    /// Returns the message for a person and a model: what the item needs, and what would help.
    pub(super) fn message(&self, context: RefusalContext<'_>) -> String {
        let needed: Vec<String> = context
            .challenges
            .names(self.needed, context.table)
            .collect();
        let scopes = match &*needed {
            [] => None,
            [one] => Some(format!("the scope {one}")),
            several => Some(format!("the scopes {}", several.join(", "))),
        };
        let item = self.item.map(|(_, name)| name);
        let description = self.refusal.description(context);
        let description = description.trim_end_matches('.');
        let missing = match (&self.refusal, item, scopes) {
            (Refusal::InsufficientScope { .. }, item, Some(scopes)) => {
                format!("{} needs {scopes}", item.unwrap_or("this operation"))
            }
            (Refusal::NoPerson, Some(item), _) => format!("{item} needs a person: {description}"),
            (Refusal::MissingRole { needed }, item, _) => {
                let noun = if needed.len() == 1 { "role" } else { "roles" };
                let item = item.unwrap_or("this operation");
                format!("{item} needs the {noun} {}", needed.join(", "))
            }
            (Refusal::InsufficientAuthentication { .. }, Some(item), _) => {
                format!("{item} needs a stronger or more recent login")
            }
            (Refusal::NoToken { .. }, Some(item), Some(scopes)) => {
                format!("{item} needs an access token with {scopes}")
            }
            (Refusal::NoToken { .. }, Some(item), None) => format!("{item} needs an access token"),
            // A login changes nothing, so the scopes would mislead.
            (Refusal::Forbidden { .. }, Some(item), _) => {
                format!("{item} was denied: {description}")
            }
            (Refusal::LimitExceeded(_), Some(item), _) => {
                format!("{item} was not run: {description}")
            }
            (_, Some(item), Some(scopes)) => format!("{description}; {item} needs {scopes}"),
            (_, Some(item), None) => format!("{description}; it was sent for {item}"),
            _ => description.to_owned(),
        };
        match self.refusal.advice(context) {
            Some(advice) => format!("{missing}. {advice}"),
            None => missing,
        }
    }
}

/// Returns the members of an error in OAuth's form (RFC 6749 §5.2).
pub(super) fn oauth_members(error: &str, description: &str, scope: &str) -> Value {
    let mut members = json!({"error": error, "error_description": description});
    if !scope.is_empty() {
        members["scope"] = scope.into();
    }
    members
}

/// Returns the value of `Retry-After` (RFC 9110 §10.2.3): whole seconds. With zero, clients
/// would repeat the request immediately.
pub(super) fn whole_seconds(time: Duration) -> u64 {
    time.as_secs().max(1)
}
