//! Policies in files, decided about with the items of a server.

use std::{
    fs,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use serde_json::{Value, json};
use toolgate::{
    auth::{Actor, Claims, UnixTime},
    policy::{
        Cedar, Effect, PolicyDecision, PolicyDecisionPoint, PolicyError, PolicyItem, PolicyKind,
        PolicyRequest, PolicyResource,
    },
};

const NOW: UnixTime = UnixTime::from_seconds(1_700_000_000);

/// A file of policies, and the point that evaluates it.
struct Policies {
    path: PathBuf,
    point: Arc<Cedar>,
}

impl Policies {
    fn new(text: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("toolgate-cedar-{}-{number}.cedar", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::write(&path, text).expect("a temporary file");
        let point = Arc::new(Cedar::from_file(&path));
        Self { path, point }
    }

    /// Starts as a server with the items of [`items`] does.
    fn started(text: &str) -> Self {
        let policies = Self::new(text);
        policies.point.start(&items()).expect("valid policies");
        policies
    }

    async fn ask(&self, request: &PolicyRequest<'_>) -> Result<PolicyDecision, PolicyError> {
        self.point.decide(request).await
    }

    async fn effect(&self, request: &PolicyRequest<'_>) -> Effect {
        self.ask(request).await.expect("a decision").effect()
    }
}

impl Drop for Policies {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

fn items() -> Vec<PolicyItem> {
    vec![
        PolicyItem::new(PolicyKind::Tool, "delete")
            .with_argument("id", json!({"type": "string"}))
            .with_argument("count", json!({"type": ["integer", "null"]}))
            .with_argument(
                "tags",
                json!({"type": "array", "items": {"type": "string"}}),
            ),
        PolicyItem::new(PolicyKind::Tool, "read \"quoted\""),
        PolicyItem::new(PolicyKind::Prompt, "summary"),
        PolicyItem::new(PolicyKind::Resource, "documents://{id}"),
        PolicyItem::new(PolicyKind::Resource, "documents://all"),
    ]
}

fn alice() -> Claims {
    Claims::new("https://as.example", NOW.plus(60))
        .with_subject("alice")
        .with_role("editor")
        .with_actor(Actor::new("planner"))
}

fn call<'r>(claims: Option<&'r Claims>, tool: &'r str) -> PolicyRequest<'r> {
    let resource = PolicyResource::new(PolicyKind::Tool, tool);
    PolicyRequest::new("tools/call", resource, NOW).with_claims(claims)
}

#[tokio::test]
async fn roles_actions_and_resources_are_what_policies_expect() {
    let policies = Policies::started(
        r#"
        @id("editors")
        permit (principal in Role::"editor", action == Action::"tools/call", resource);
        @id("readers")
        permit (principal, action == Action::"resources/read", resource in Template::"documents://{id}");
        @id("bobs-own")
        permit (principal == User::"https://as.example#bob", action, resource == Tool::"delete")
        when { principal has subject && principal.subject == "bob" };
        @id("no-agents")
        forbid (principal is User, action, resource == Tool::"delete")
        when { !principal.actors.isEmpty() };
        "#,
    );
    let (alice, bob) = (
        alice(),
        Claims::new("https://as.example", NOW).with_subject("bob"),
    );
    let other = Claims::new("https://other.example", NOW).with_subject("bob");
    let allowed = policies
        .ask(&call(Some(&alice), "read \"quoted\""))
        .await
        .expect("a decision");
    assert_eq!(
        (allowed.effect(), allowed.policy()),
        (Effect::Allow, Some("editors"))
    );
    assert_eq!(allowed.version().map(str::len), Some(16));
    let denied = policies
        .ask(&call(Some(&alice), "delete"))
        .await
        .expect("a decision");
    assert_eq!(
        (denied.effect(), denied.policy()),
        (Effect::Deny, Some("no-agents"))
    );
    assert!(denied.reasons().eq(["forbidden by no-agents"]));
    assert_eq!(
        policies.effect(&call(Some(&bob), "delete")).await,
        Effect::Allow
    );
    // A subject is unique only within its issuer.
    let foreign = policies
        .ask(&call(Some(&other), "delete"))
        .await
        .expect("a decision");
    assert_eq!((foreign.effect(), foreign.policy()), (Effect::Deny, None));
    assert!(foreign.reasons().eq(["no policy permits it"]));
    assert_eq!(policies.effect(&call(None, "delete")).await, Effect::Deny);
    let document = PolicyResource::new(PolicyKind::Resource, "documents://7");
    let document = document.with_item("documents://{id}");
    let read = PolicyRequest::new("resources/read", document, NOW);
    assert_eq!(
        policies.effect(&read.with_claims(Some(&bob))).await,
        Effect::Allow
    );
    let all = PolicyResource::new(PolicyKind::Resource, "documents://all");
    let read = PolicyRequest::new("resources/read", all, NOW);
    assert_eq!(
        policies.effect(&read.with_claims(Some(&bob))).await,
        Effect::Deny
    );
}

#[tokio::test]
async fn arguments_are_typed_and_a_wrong_type_denies() {
    let policies = Policies::started(
        r#"
        permit (principal, action == Action::"tools/call", resource == Tool::"delete")
        when {
            context has arguments && context.arguments has "delete" &&
            context.arguments["delete"] has id && context.arguments["delete"].id like "own-*" &&
            context.arguments["delete"] has tags && !context.arguments["delete"].tags.contains("legal")
        };
        "#,
    );
    let claims = alice();
    let ask = |arguments: Value| {
        let (policies, claims) = (&policies, &claims);
        async move {
            let arguments = arguments.as_object().expect("an object").clone();
            let arguments: Vec<_> = arguments.iter().map(|(name, one)| (&**name, one)).collect();
            let resource = PolicyResource::new(PolicyKind::Tool, "delete");
            let resource = resource.with_arguments(&arguments);
            let request = PolicyRequest::new("tools/call", resource, NOW);
            let answer = policies.ask(&request.with_claims(Some(claims))).await;
            answer.map(|decision| decision.effect())
        }
    };
    for (arguments, effect) in [
        (json!({"id": "own-1", "tags": []}), Effect::Allow),
        (
            json!({"id": "own-1", "tags": ["draft"], "count": null}),
            Effect::Allow,
        ),
        (json!({"id": "own-1", "tags": ["legal"]}), Effect::Deny),
        (json!({"id": "other", "tags": []}), Effect::Deny),
        (json!({"id": "own-1"}), Effect::Deny),
        (json!({}), Effect::Deny),
    ] {
        assert_eq!(ask(arguments.clone()).await, Ok(effect), "{arguments}");
    }
    for wrong in [
        json!({"id": 1}),
        json!({"id": "own-1", "tags": "legal"}),
        json!({"id": "own-1", "tags": [1]}),
        json!({"id": "own-1", "count": 1.5}),
        json!({"id": "own-1", "other": 1}),
    ] {
        let error = ask(wrong.clone()).await.expect_err("no decision");
        assert_eq!(error.retry_after(), None, "{wrong}");
    }
}

#[tokio::test]
async fn a_policy_whose_evaluation_fails_denies_even_if_it_is_a_forbid() {
    let policies = Policies::started(
        r#"
        permit (principal, action, resource);
        forbid (principal, action, resource) when { context.time + 9223372036854775807 < 0 };
        "#,
    );
    let error = policies
        .ask(&call(None, "delete"))
        .await
        .expect_err("no decision");
    assert_eq!(error.retry_after(), None);
    assert!(error.to_string().contains("overflow"), "{error}");
}

#[test]
fn all_errors_of_all_policies_are_reported_at_the_start() {
    let policies = Policies::new(
        r#"
        permit (principal, action == Action::"tools/cal", resource);
        permit (principal, action, resource == Tool::"delte");
        permit (principal, action, resource) when { principal.age > 3 };
        "#,
    );
    let errors = policies.point.start(&items()).expect_err("errors");
    let text: String = errors.iter().map(|error| format!("{error}\n")).collect();
    for part in ["tools/cal", "delte", "age", "--print-cedar-schema"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let broken = Policies::new("permit (principal, action, resource) when { ; }; forbid (;");
    assert!(broken.point.start(&items()).is_err());
    let absent = Cedar::from_file("/nonexistent/policies.cedar");
    let errors = absent.start(&items()).expect_err("errors");
    assert!(errors[0].what().contains("cannot be read"), "{errors:?}");
    let number = PolicyItem::new(PolicyKind::Tool, "pay");
    let number = number.with_argument("amount", json!({"type": "number"}));
    let valid = Policies::new("permit (principal, action, resource);");
    let errors = valid.point.start(&[number]).expect_err("errors");
    assert!(
        errors[0]
            .what()
            .contains("no type for the argument `amount`"),
        "{errors:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_changed_file_takes_effect_and_a_bad_one_keeps_the_last_good_one() {
    let policies = Policies::started("permit (principal, action, resource);");
    let request = call(None, "delete");
    let before = policies.ask(&request).await.expect("a decision");
    assert_eq!(before.effect(), Effect::Allow);
    let next = || tokio::time::advance(std::time::Duration::from_secs(2));
    fs::write(&policies.path, "forbid (principal, action, resource);").expect("written");
    next().await;
    let after = policies.ask(&request).await.expect("a decision");
    assert_eq!(after.effect(), Effect::Deny);
    assert_ne!(after.version(), before.version());
    for bad in [
        "permit (principal, action, resource",
        "permit (principal, action, resource == Tool::\"delte\");",
    ] {
        fs::write(&policies.path, bad).expect("written");
        next().await;
        let kept = policies.ask(&request).await.expect("a decision");
        assert_eq!(kept, after, "{bad}");
    }
    fs::remove_file(&policies.path).expect("removed");
    next().await;
    assert_eq!(policies.ask(&request).await.expect("a decision"), after);
    fs::write(&policies.path, "permit (principal, action, resource);").expect("written");
    next().await;
    assert_eq!(policies.effect(&request).await, Effect::Allow);
}

#[tokio::test]
async fn without_a_start_an_explanation_can_ask_and_without_a_file_nothing_is_allowed() {
    let policies = Policies::new("permit (principal, action, resource);");
    assert_eq!(policies.effect(&call(None, "delete")).await, Effect::Allow);
    let absent = Cedar::from_file("/nonexistent/policies.cedar");
    for _ in 0..2 {
        assert!(absent.decide(&call(None, "delete")).await.is_err());
    }
}

#[tokio::test]
async fn callers_that_differ_in_one_claim_share_no_decision() {
    let policies = Policies::started(
        r#"
        permit (principal in Role::"editor", action, resource) when { principal.actors.isEmpty() };
        permit (principal is Client, action, resource)
        when { principal has client && principal.client == "job" };
        "#,
    );
    let base = || Claims::new("https://as.example", NOW).with_subject("alice");
    let client = |id: &str| Claims::new("https://as.example", NOW).with_client_id(id);
    for _ in 0..2 {
        for (claims, effect) in [
            (base().with_role("editor"), Effect::Allow),
            (base(), Effect::Deny),
            (base().with_role("editors"), Effect::Deny),
            (
                base().with_role("editor").with_actor(Actor::new("planner")),
                Effect::Deny,
            ),
            (client("job"), Effect::Allow),
            (client("other"), Effect::Deny),
        ] {
            let request = call(Some(&claims), "delete");
            assert_eq!(policies.effect(&request).await, effect, "{claims:?}");
        }
    }
}
