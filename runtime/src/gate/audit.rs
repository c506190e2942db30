//! The audit log: one line for each decision, with the caller and the operation.
//!
//! The lines go to the `tracing` target `toolgate::audit`. They hold no token and no argument,
//! and text from clients is truncated.

use http::HeaderMap;

use crate::{
    caller::Caller,
    challenge::scope_string,
    claims::Claims,
    denial::DenialReason,
    log_text::escaped_prefix,
    observer::RequestIds,
    operation::Operation,
    scope::{ScopeSet, ScopeTable},
};

use super::policy_note::PolicyNote;

/// The longest text from a client in a line, in characters as they are written. Five of them,
/// with two lists of scopes, stay below 8 KiB.
const LONGEST: usize = 200;

/// The longest list of scopes.
const LONGEST_LIST: usize = 1500;

/// The operation and the caller of a decision.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct AuditContext<'a> {
    pub(crate) operation: Option<Operation<'a>>,
    pub(crate) caller: Option<&'a Caller>,
    /// An authentic token that is not accepted.
    pub(crate) rejected: Option<&'a Claims>,
    /// Whether the item was running: a line `admitted` of the same request precedes this one.
    pub(crate) is_late: bool,
    /// The headers of the request, with its id.
    pub(crate) headers: Option<&'a HeaderMap>,
    /// What the decision point has said.
    pub(crate) policy: Option<&'a PolicyNote>,
}

impl<'a> AuditContext<'a> {
    pub(crate) fn new(operation: Option<Operation<'a>>, caller: Option<&'a Caller>) -> Self {
        Self {
            operation,
            caller,
            ..Self::default()
        }
    }

    /// Returns the context with the headers of its request.
    pub(crate) fn of_request(self, headers: &'a HeaderMap) -> Self {
        Self {
            headers: Some(headers),
            ..self
        }
    }

    /// Returns the context with what the decision point has said.
    pub(crate) fn with_policy(self, policy: Option<&'a PolicyNote>) -> Self {
        Self { policy, ..self }
    }

    /// Returns the ids of the request.
    pub(super) fn ids(&self) -> RequestIds<'a> {
        RequestIds::of(self.headers)
    }

    /// Returns the claims of the token, if it is authentic.
    pub(super) fn claims(&self) -> Option<&'a Claims> {
        self.caller.map(Caller::claims).or(self.rejected)
    }

    fn method(&self) -> &str {
        clip(self.operation.map_or("unreadable", Operation::method))
    }

    /// The tool, the prompt or the resource.
    fn item(&self) -> &str {
        clip(
            self.operation
                .and_then(Operation::item_name)
                .unwrap_or_default(),
        )
    }

    fn issuer(&self) -> &str {
        self.party(|claims| Some(claims.issuer()))
    }

    fn party(&self, read: impl Fn(&Claims) -> Option<&str>) -> &str {
        clip(self.claims().and_then(read).unwrap_or_default())
    }
}

/// Logs that an operation was authorized. `is_known` is false if the server does not have the item.
/// Only an authorized caller learns whether an item exists.
pub(crate) fn admitted(context: AuditContext<'_>, is_known: bool) {
    tracing::info!(
        target: "toolgate::audit",
        decision = if is_known { "admitted" } else { "not_found" },
        method = context.method(),
        item = context.item(),
        issuer = context.issuer(),
        subject = context.party(Claims::subject),
        client = context.party(Claims::client_id),
        request_id = context.ids().request(),
        trace_id = context.ids().trace(),
        policy = context.policy.and_then(PolicyNote::id),
        policy_version = context.policy.and_then(PolicyNote::version),
    );
}

/// What the line of a refusal says of its cause.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cause<'a> {
    /// OAuth's error code where there is one.
    pub(crate) outcome: &'static str,
    /// The stable code of a denial.
    pub(crate) code: Option<DenialReason>,
    /// The author's own code.
    pub(crate) detail: Option<&'a str>,
}

/// Logs that an operation was refused, and why. `needed` are the scopes of the operation, not
/// those of the challenge.
pub(crate) fn refused(
    context: AuditContext<'_>,
    cause: Cause<'_>,
    description: impl Fn() -> String,
    needed: ScopeSet,
    missing: ScopeSet,
    table: &ScopeTable,
) {
    tracing::info!(
        target: "toolgate::audit",
        decision = cause.outcome,
        method = context.method(),
        item = context.item(),
        issuer = context.issuer(),
        subject = context.party(Claims::subject),
        client = context.party(Claims::client_id),
        request_id = context.ids().request(),
        trace_id = context.ids().trace(),
        reason_code = cause.code.map(DenialReason::code),
        detail = cause.detail.map(clip),
        late = context.is_late.then_some(true),
        description = clip(&description()),
        required_scopes = escaped_prefix(&scope_string(needed, table), LONGEST_LIST),
        missing_scopes = escaped_prefix(&scope_string(missing, table), LONGEST_LIST),
        policy = context.policy.and_then(PolicyNote::id),
        policy_version = context.policy.and_then(PolicyNote::version),
        policy_reasons = context.policy.and_then(PolicyNote::reasons),
    );
}

/// Returns the beginning of a text, short enough for a log line.
fn clip(text: &str) -> &str {
    escaped_prefix(text, LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_a_client_is_truncated() {
        let long = "ä".repeat(10_000);
        assert_eq!(clip(&long).chars().count(), LONGEST);
        assert_eq!(clip("short"), "short");
        let escaped = clip(&"\u{e0001}".repeat(10_000)).escape_debug().count();
        assert!((LONGEST - 10..=LONGEST).contains(&escaped));
    }
}
