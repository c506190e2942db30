//! What a decision of the Cedar decision point costs beyond Cedar's own `is_authorized`, as a ratio
//! within one run.
//!
//! `cargo run --release -p toolgate-benches --features cedar --example policy_cost` prints a line for
//! each number of policies.

use std::{fs, hint::black_box, time::Instant};

use cedar_policy::{
    Authorizer, Context, Entities, Entity, EntityUid, PolicySet, Request, RestrictedExpression,
};
use futures_util::FutureExt;
use toolgate::{
    auth::{Claims, UnixTime},
    policy::{Cedar, PolicyDecisionPoint, PolicyItem, PolicyKind, PolicyRequest, PolicyResource},
};

/// How many decisions one sample has, and how many samples are compared.
const DECISIONS: u32 = 2_000;
const SAMPLES: usize = 15;

fn policies(count: usize) -> String {
    let team = |number: usize| {
        format!(
            r#"@id("team-{number}")
permit (principal in Role::"team-{number}", action == Action::"tools/call", resource)
when {{ principal.roles.contains("member") && context.time > {number} }};
"#
        )
    };
    (0..count).map(team).collect()
}

/// Returns the time of one call in nanoseconds: the median of the samples.
fn median(samples: &mut [f64]) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}

fn sample(mut run: impl FnMut()) -> f64 {
    let started = Instant::now();
    for _ in 0..DECISIONS {
        run();
    }
    started.elapsed().as_nanos() as f64 / f64::from(DECISIONS)
}

#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
fn main() {
    let path = std::env::temp_dir().join(format!("toolgate-policy-cost-{}", std::process::id()));
    println!("policies  is_authorized  decision  our part / is_authorized");
    for count in [1, 2, 5, 10, 50, 100, 500] {
        fs::write(&path, policies(count)).expect("a temporary file");
        let point = Cedar::from_file(&path);
        let items = [PolicyItem::new(PolicyKind::Tool, "delete")];
        point.start(&items).expect("valid policies");
        let now = UnixTime::from_seconds(1_700_000_000);
        let claims = Claims::new("https://as.example", now)
            .with_subject("alice")
            .with_client_id("app")
            .with_role("member")
            .with_role("team-0");
        let resource = PolicyResource::new(PolicyKind::Tool, "delete");
        let question = PolicyRequest::new("tools/call", resource, now).with_claims(Some(&claims));

        let uid = |text: &str| -> EntityUid { text.parse().expect("a uid") };
        let text = |text: &str| RestrictedExpression::new_string(text.to_owned());
        let alice = uid(r#"User::"https://as.example#alice""#);
        let roles = ["member", "team-0"];
        let attributes = [
            ("issuer", text("https://as.example")),
            ("subject", text("alice")),
            ("client", text("app")),
            ("roles", RestrictedExpression::new_set(roles.map(text))),
            ("actors", RestrictedExpression::new_set([])),
        ];
        let attributes = attributes
            .map(|(name, value)| (name.to_owned(), value))
            .into();
        let parents = roles.map(|role| uid(&format!("Role::{role:?}"))).into();
        let entity = Entity::new(alice.clone(), attributes, parents).expect("an entity");
        let entities = Entities::from_entities([entity], None).expect("entities");
        let context = Context::from_pairs([
            (
                "time".to_owned(),
                RestrictedExpression::new_long(1_700_000_000),
            ),
            ("list".to_owned(), RestrictedExpression::new_bool(false)),
        ]);
        let context = context.expect("a context");
        let (action, tool) = (uid(r#"Action::"tools/call""#), uid(r#"Tool::"delete""#));
        let request = Request::new(alice, action, tool, context, None).expect("a request");
        let set: PolicySet = policies(count).parse().expect("valid policies");
        let authorizer = Authorizer::new();

        let (mut bare, mut whole) = (Vec::new(), Vec::new());
        for _ in 0..SAMPLES {
            bare.push(sample(|| {
                black_box(authorizer.is_authorized(black_box(&request), &set, &entities));
            }));
            whole.push(sample(|| {
                let decided = point.decide(black_box(&question)).now_or_never();
                let _ = black_box(decided.expect("it waits for nothing"));
            }));
        }
        let (bare, whole) = (median(&mut bare), median(&mut whole));
        println!(
            "{count:>8}  {bare:>10.0} ns  {whole:>5.0} ns  {:>24.2}",
            (whole - bare) / bare
        );
    }
    let _ = fs::remove_file(&path);
}
