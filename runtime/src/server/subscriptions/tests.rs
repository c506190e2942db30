//! Who is notified of a change, tested without a connection.

use super::*;
use crate::{
    access::Requirement,
    authorization::{EnabledItems, ProtectedItems, Target},
    claims::Claims,
    clock::UnixTime,
    scope::{Scope, ScopeTable},
    uri_pattern::UriPattern,
};

const READ: Scope = Scope::new("read");

struct At(u64);

impl Clock for At {
    fn now(&self) -> UnixTime {
        UnixTime::from_seconds(self.0)
    }
}

fn herald(now: u64, enabled_items: &Arc<EnabledItems>) -> ChangeNotifier {
    let table = ScopeTable::with_hierarchy([READ], &[]).unwrap();
    let pattern = |text| UriPattern::parse(text).unwrap();
    let read = Requirement::Scopes(&[&[READ]]).resolve(&table);
    let protected_items = ProtectedItems {
        resources: vec![
            (pattern("notes://open"), Requirement::Public.resolve(&table)),
            (pattern("notes://{id}"), read),
        ],
        changes: true,
        enabled_items: Arc::clone(enabled_items),
        ..ProtectedItems::default()
    };
    let mut capabilities = ServerCapabilities::default();
    capabilities.resources.get_or_insert_default();
    ChangeNotifier {
        changes: Changes::new(),
        rules: Arc::new(Rules::new(
            table.clone(),
            protected_items,
            table.required(),
            true,
        )),
        authorizer: None,
        decision_point: None,
        clock: Arc::new(At(now)),
        revocations: Revocations::new(),
        capabilities,
        quota: Arc::default(),
    }
}

fn caller(herald: &ChangeNotifier, scopes: &str) -> Caller {
    let claims = Claims::new("i", UnixTime::from_seconds(9))
        .with_subject("alice")
        .with_audience("a")
        .with_scopes(scopes);
    crate::tests::caller(claims, herald.rules.table())
}

async fn tells(herald: &ChangeNotifier, uri: &str, caller: Option<&Caller>) -> bool {
    herald.may_tell(uri, caller, &mut Verdicts::new()).await
}

async fn concerns(herald: &ChangeNotifier, change: &Change, listening: &Subscriptions) -> bool {
    let mut verdicts = Verdicts::new();
    let concerns = herald.concerns(change, &listening.subscribed, &mut verdicts);
    concerns.await
}

#[tokio::test]
async fn only_a_caller_that_may_read_a_resource_now_is_notified() {
    let enabled_items = Arc::new(EnabledItems::new(0, 0, 2));
    let now = herald(1, &enabled_items);
    let reader = caller(&now, "read");
    let nobody = caller(&now, "");
    assert!(tells(&now, "notes://7", Some(&reader)).await);
    assert!(!tells(&now, "notes://7", Some(&nobody)).await);
    assert!(!tells(&now, "notes://7", None).await);
    assert!(tells(&now, "notes://open", None).await);
    assert!(tells(&now, "notes://open", Some(&nobody)).await);
    // No notification for a resource that no client can read, whatever the application
    // announces.
    assert!(!tells(&now, "notes://a/b", Some(&reader)).await);
    assert!(!tells(&now, "other://7", Some(&reader)).await);
    // An expired token allows nothing, not even notifications for public resources.
    let later = herald(9, &enabled_items);
    assert!(!tells(&later, "notes://7", Some(&reader)).await);
    assert!(!tells(&later, "notes://open", Some(&reader)).await);
    enabled_items.set(Target::Resource(1), false);
    assert!(!tells(&now, "notes://7", Some(&reader)).await);
}

#[tokio::test]
async fn a_session_is_notified_only_of_what_it_subscribed_to() {
    let herald = herald(1, &Arc::default());
    let listening = Subscriptions::default();
    let changed = |uri: &str| Change::Contents(uri.to_owned());
    let hears = async |uri: &str| concerns(&herald, &changed(uri), &listening).await;
    assert!(!hears("notes://open").await);
    let subscribed = listening.subscribe(
        "notes://open".to_owned(),
        LatestCaller::default(),
        &herald.quota,
        Listener::Connection(1),
        |is_kept| assert!(is_kept),
    );
    subscribed.unwrap();
    assert!(hears("notes://open").await);
    assert!(!hears("notes://7").await);
    listening.unsubscribe("notes://open", |is_kept| assert!(!is_kept));
    assert!(!hears("notes://open").await);
    // The server has no prompts, so clients are not notified that their list changed.
    assert!(concerns(&herald, &Change::Resources, &listening).await);
    assert!(!concerns(&herald, &Change::Prompts, &listening).await);
}

#[tokio::test]
async fn a_client_that_missed_something_is_notified_of_everything() {
    let changes = Changes::new();
    let mut receiver = changes.listen();
    for number in 0..300 {
        changes.resource_updated(format!("notes://{number}"));
    }
    let told = next(&mut receiver, || vec!["notes://mine".to_owned()]).await;
    let mine = Change::Contents("notes://mine".to_owned());
    assert_eq!(
        told,
        Some(vec![
            Change::Tools,
            Change::Prompts,
            Change::Resources,
            mine
        ])
    );
    let told = next(&mut receiver, Vec::new).await;
    assert!(matches!(told.as_deref(), Some([Change::Contents(_)])));
}
