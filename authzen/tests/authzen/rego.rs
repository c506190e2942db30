//! Real Rego behind a shim: an engine that evaluates a policy for each evaluation.

use std::sync::Arc;

use regorus::{Engine as Rego, Value as RegoValue};
use serde_json::{Map, Value, json};
use toolgate::policy::{Effect, PolicyDecisionPoint};

use super::{
    alice, call,
    engine::{Asked, Engine, Reply},
};

/// Editors call every tool but `purge`, agents delete nothing, and everyone sees the list.
const POLICY: &str = r#"
package toolgate

import rego.v1

default decision := false

decision if {
    input.action.name == "tools/call"
    input.resource.type == "tool"
    "editor" in input.subject.properties.roles
    input.resource.id != "purge"
    not is_agent_that_deletes
}

decision if input.action.name == "tools/list"

is_agent_that_deletes if {
    startswith(input.resource.id, "delete")
    count(input.subject.properties.actors) > 0
}
"#;

fn evaluate(evaluation: &Value) -> Value {
    let mut rego = Rego::new();
    rego.add_policy("toolgate.rego".to_owned(), POLICY.to_owned())
        .expect("valid Rego");
    rego.set_input_json(&evaluation.to_string())
        .expect("valid JSON");
    let decision = rego
        .eval_rule("data.toolgate.decision".to_owned())
        .expect("a value");
    json!({
        "decision": matches!(decision, RegoValue::Bool(true)),
        "context": {"policy": "toolgate.rego", "policy_version": "1"},
    })
}

/// Answers one evaluation, or each with the defaults of the request.
fn shim(asked: &Asked) -> Reply {
    let Some(evaluations) = asked.body["evaluations"].as_array() else {
        return Reply::json(&evaluate(&asked.body));
    };
    let with_defaults = |one: &Value| {
        let mut whole: Map<String, Value> = asked.body.as_object().expect("an object").clone();
        whole.extend(one.as_object().expect("an object").clone());
        evaluate(&Value::Object(whole))
    };
    let each: Vec<_> = evaluations.iter().map(with_defaults).collect();
    Reply::json(&json!({"evaluations": each}))
}

#[tokio::test]
async fn a_policy_in_rego_decides_about_tools_and_lists() {
    let engine = Engine::start(shim).await;
    let point = Arc::new(engine.point());
    let agent = alice();
    let person = toolgate::auth::Claims::new("https://as.example", super::NOW.plus(60))
        .with_subject("bob")
        .with_role("editor");
    for (claims, tool, effect) in [
        (Some(&agent), "read", Effect::Allow),
        (Some(&agent), "delete_note", Effect::Deny),
        (Some(&person), "delete_note", Effect::Allow),
        (Some(&person), "purge", Effect::Deny),
        (None, "read", Effect::Deny),
    ] {
        let decision = point.decide(&call(claims, tool)).await.expect("a decision");
        assert_eq!(decision.effect(), effect, "{tool}");
        assert_eq!(decision.policy(), Some("toolgate.rego"));
        assert_eq!(decision.version(), Some("1"));
    }
    let list = ["read", "delete_note", "purge"].map(|tool| call(Some(&agent), tool).for_list());
    let shown = point.decide_all(&list).await.expect("decisions");
    let shown: Vec<_> = shown.iter().map(|one| one.effect()).collect();
    assert_eq!(shown, [Effect::Allow, Effect::Deny, Effect::Deny]);
}
