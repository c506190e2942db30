//! What `--explain` says of the decision point.

use std::time::Duration;

use tokio::time::timeout;

use crate::{
    config::Config,
    error::StartError,
    log_text::Truncated,
    policy::{
        Effect, ErasedDecisionPoint, PolicyDecision, PolicyKind, PolicyRequest, PolicyResource,
    },
    server::{Server, access_table::ItemAccess},
};

use super::{Explanation, LONGEST_CLAIM, Verdict};

/// How long the decision point may take. A person waits for the answer.
const TIME: Duration = Duration::from_secs(10);

impl<S: Clone + Send + Sync + 'static> Server<S> {
    /// Explains as [`explain`](Self::explain), and asks the decision point of the server, if it has
    /// one. The claims are not verified. The decision point is not asked about an item if it also
    /// gets arguments of the item.
    ///
    /// # Errors
    ///
    /// As [`explain`](Self::explain).
    pub async fn explain_with_policy(
        &self,
        config: &Config,
        token: &str,
        item: &str,
    ) -> Result<Explanation, StartError> {
        let (access, now) = (self.access_table(), self.policy.clock.now());
        let (mut explained, claims) = access.explain_read(config, token, item, now)?;
        let (plan, row) = (&self.policy.decision_point, access.find(item)?);
        let Some(engine) = plan.engine() else {
            return Ok(explained);
        };
        if claims.is_none() && !token.trim().is_empty() {
            let why = "not asked, because the token cannot be read";
            explained.add("policy", Verdict::NotEvaluated, why);
        } else if plan.has_arguments(row.name()) {
            let why = "not asked, because it depends on arguments";
            explained.add("policy", Verdict::NotEvaluated, why);
        } else {
            let (action, kind) = action(row);
            let resource = PolicyResource::new(kind, row.name());
            let request = PolicyRequest::new(action, resource, now).with_claims(claims.as_ref());
            let (verdict, why) = ask(&**engine, request).await;
            explained.add("policy", verdict, why);
        }
        Ok(explained)
    }
}

/// Returns the method that uses an item, and its kind.
fn action(row: &ItemAccess) -> (&'static str, PolicyKind) {
    match row.kind() {
        "tool" => ("tools/call", PolicyKind::Tool),
        "prompt" => ("prompts/get", PolicyKind::Prompt),
        _ => ("resources/read", PolicyKind::Resource),
    }
}

async fn ask(engine: &dyn ErasedDecisionPoint, request: PolicyRequest<'_>) -> (Verdict, String) {
    let asked = [request];
    match timeout(TIME, engine.ask(&asked)).await.map(one) {
        Err(_) => (Verdict::Denies, "no answer in time".to_owned()),
        Ok(Err(error)) => (Verdict::Denies, format!("no decision: {error}")),
        Ok(Ok(decision)) => {
            let verdict = match decision.effect() {
                Effect::Allow => Verdict::Allows,
                Effect::Deny => Verdict::Denies,
            };
            (verdict, text(&decision))
        }
    }
}

fn one<E: ToString>(answer: Result<Vec<PolicyDecision>, E>) -> Result<PolicyDecision, String> {
    let mut decisions = answer.map_err(|error| error.to_string())?;
    match decisions.pop() {
        Some(decision) if decisions.is_empty() => Ok(decision),
        _ => Err("another number of decisions than questions".to_owned()),
    }
}

/// Returns what a decision says of itself. The text comes from outside this program.
fn text(decision: &PolicyDecision) -> String {
    let named = decision.policy().map(|policy| match decision.version() {
        Some(version) => format!("{policy} ({version})"),
        None => policy.to_owned(),
    });
    let reasons = decision.reasons().map(str::to_owned);
    let all: Vec<_> = named.into_iter().chain(reasons).collect();
    match all.is_empty() {
        true => "the engine gives no reason".to_owned(),
        false => Truncated(&all.join("; "), LONGEST_CLAIM).to_string(),
    }
}
