//! The answers of AuthZEN (§5.5, §6.2, §7.2), read strictly: only `true` allows.

use serde_json::{Map, Value};
use toolgate_core::json;
use toolgate_oauth::policy::{Effect, PolicyDecision, PolicyError};

/// The most reasons that are kept.
const REASONS: usize = 8;

/// Reads the answer to one evaluation.
///
/// # Errors
///
/// Returns what is wrong with it.
pub(crate) fn decision(body: &[u8]) -> Result<PolicyDecision, PolicyError> {
    read(&object(body)?)
}

/// Reads the answer to this many evaluations.
///
/// # Errors
///
/// Returns what is wrong with it.
pub(crate) fn decisions(body: &[u8], questions: usize) -> Result<Vec<PolicyDecision>, PolicyError> {
    let answer = object(body)?;
    let all = match answer.get("evaluations") {
        Some(Value::Array(all)) => all,
        _ => return Err(PolicyError::failed("its answer has no array `evaluations`")),
    };
    if all.len() != questions {
        return Err(PolicyError::failed(format!(
            "its answer has {} decisions for {questions} evaluations",
            all.len()
        )));
    }
    let each = all.iter().map(|one| match one {
        Value::Object(one) => read(one),
        _ => Err(PolicyError::failed("a decision is not an object")),
    });
    each.collect()
}

fn object(body: &[u8]) -> Result<Map<String, Value>, PolicyError> {
    let read = json::strict_object(body);
    read.map_err(|_| PolicyError::failed("its answer is not a JSON object with each name once"))
}

fn read(answer: &Map<String, Value>) -> Result<PolicyDecision, PolicyError> {
    let effect = match answer.get("decision") {
        Some(Value::Bool(true)) => Effect::Allow,
        Some(Value::Bool(false)) => Effect::Deny,
        Some(_) => return Err(PolicyError::failed("`decision` is neither true nor false")),
        None => return Err(PolicyError::failed("its answer has no `decision`")),
    };
    let decision = PolicyDecision::new(effect);
    match answer.get("context") {
        None => Ok(decision),
        Some(Value::Object(context)) => Ok(with_context(decision, context)),
        Some(_) => Err(PolicyError::failed("`context` is not an object")),
    }
}

/// Adds the policy, its version and the reasons. The specification does not define their names.
fn with_context(mut decision: PolicyDecision, context: &Map<String, Value>) -> PolicyDecision {
    let text = |name: &str| context.get(name).and_then(Value::as_str);
    if let Some(policy) = text("policy").or(text("policy_id")) {
        decision = decision.with_policy(policy);
    }
    if let Some(version) = text("policy_version") {
        decision = decision.with_version(version);
    }
    let for_admin = context.get("reason_admin").and_then(Value::as_object);
    let for_admin = for_admin.into_iter().flat_map(Map::values);
    let reasons = text("reason").into_iter();
    let reasons = reasons.chain(for_admin.filter_map(Value::as_str));
    reasons
        .take(REASONS)
        .fold(decision, |decision, reason| decision.with_reason(reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_literal_true_allows() {
        let allowed = decision(br#"{"decision": true, "context": {"policy": "p"}}"#);
        let allowed = allowed.unwrap();
        assert_eq!(
            (allowed.effect(), allowed.policy()),
            (Effect::Allow, Some("p"))
        );
        let denied =
            br#"{"decision": false, "context": {"reason_admin": {"en": "no", "403": "never"}}}"#;
        let denied = decision(denied).unwrap();
        assert_eq!(denied.effect(), Effect::Deny);
        assert!(denied.reasons().eq(["never", "no"]));
        for garbage in [
            "",
            "true",
            "[]",
            "{}",
            r#"{"decision": "true"}"#,
            r#"{"decision": 1}"#,
            r#"{"decision": null}"#,
            r#"{"decision": [true]}"#,
            r#"{"decision": {"decision": true}}"#,
            r#"{"Decision": true}"#,
            r#"{"decision": false, "decision": true}"#,
            r#"{"decision": "permit"}"#,
            r#"{"decision": true, "context": "none"}"#,
            r#"{"decision": true"#,
            r#"{"decision": true} {"decision": true}"#,
        ] {
            let error = decision(garbage.as_bytes()).unwrap_err();
            assert_eq!(error.retry_after(), None, "{garbage}");
        }
    }

    #[test]
    fn a_batch_has_one_decision_for_each_evaluation() {
        let two = br#"{"evaluations": [{"decision": true}, {"decision": false}]}"#;
        let effects: Vec<_> = decisions(two, 2)
            .unwrap()
            .iter()
            .map(PolicyDecision::effect)
            .collect();
        assert_eq!(effects, [Effect::Allow, Effect::Deny]);
        assert!(decisions(two, 1).is_err() && decisions(two, 3).is_err());
        for garbage in [
            r#"{"decision": true}"#,
            r#"{"evaluations": {"decision": true}}"#,
            r#"{"evaluations": [true, true]}"#,
            r#"{"evaluations": [{"decision": true}, {"decision": "true"}]}"#,
            r#"{"decision": true, "evaluations": []}"#,
        ] {
            assert!(decisions(garbage.as_bytes(), 2).is_err(), "{garbage}");
        }
    }
}
