//! The limits of `authorize` functions, tested with items of the test's own.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::{FutureExt, future::pending, poll};

use super::*;
use crate::{claims::Claims, clock::UnixTime, scope::ScopeTable};

/// Items that allow, deny, cannot read their parameters, or never decide.
#[derive(Default)]
struct Items {
    asked: AtomicUsize,
}

const ALLOW: Target = Target::Resource(0);
const DENY: Target = Target::Resource(1);
const UNREADABLE: Target = Target::Resource(2);
const NEVER: Target = Target::Resource(3);
const PLAIN: Target = Target::Resource(4);
/// Allows after a second.
const LATER: Target = Target::Resource(5);

impl AuthorizingItems for Items {
    fn has_authorize(&self, target: Target) -> bool {
        target != PLAIN
    }

    fn authorize(
        &self,
        target: Target,
        requested: &str,
        _: &JsonObject,
        _: Option<&Caller>,
    ) -> Option<Authorizing> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let authorized = Authorized {
            parameters: Box::new(requested.to_owned()),
            is_readable: target != UNREADABLE,
        };
        Some(match target {
            PLAIN => return None,
            NEVER => pending().boxed(),
            LATER => async {
                tokio::time::sleep(Duration::from_secs(1)).await;
                Ok(authorized)
            }
            .boxed(),
            DENY => async { Err(AuthorizeDenial::Denied("no".into())) }.boxed(),
            _ => async { Ok(authorized) }.boxed(),
        })
    }
}

fn authorizer() -> (Authorizer, Arc<Items>) {
    let items = Arc::new(Items::default());
    let authorizer = Authorizer::new(Arc::clone(&items) as _, Duration::from_secs(5));
    (authorizer, items)
}

fn question<'q>(
    targets: &[Target],
    runs: bool,
    caller: Option<&'q Caller>,
) -> AuthorizeQuestion<'q> {
    let items = targets.iter().copied();
    AuthorizeQuestion {
        items: items.zip(["0", "1", "2"].into_iter().cycle()).collect(),
        arguments: None,
        caller,
        runs,
    }
}

fn caller(subject: &str) -> Caller {
    let claims = Claims::new("i", UnixTime::from_seconds(9))
        .with_subject(subject)
        .with_audience("a");
    crate::tests::caller(claims, &ScopeTable::default())
}

#[tokio::test]
async fn what_is_authorized_last_is_returned_and_one_denial_denies_all() {
    let (authorizer, items) = authorizer();
    let asked = authorizer.authorize(question(&[ALLOW, PLAIN, ALLOW], true, None));
    let authorized = asked.await.ok().flatten().unwrap();
    assert_eq!(*authorized.parameters.downcast::<String>().unwrap(), "2");
    let asked = authorizer.authorize(question(&[ALLOW, DENY, ALLOW], false, None));
    assert!(matches!(asked.await, Err(NotAuthorized::Denied(_))));
    assert_eq!(items.asked.load(Ordering::SeqCst), 5);
    let nothing = authorizer.authorize(question(&[PLAIN], true, None)).await;
    assert!(matches!(nothing, Ok(None)));
}

#[tokio::test]
async fn a_subscription_whose_function_was_not_asked_is_denied() {
    let (authorizer, _) = authorizer();
    let read = authorizer.authorize(question(&[UNREADABLE], true, None));
    assert!(matches!(read.await, Ok(Some(_))));
    let subscribe = authorizer.authorize(question(&[UNREADABLE], false, None));
    assert!(matches!(subscribe.await, Err(NotAuthorized::Denied(_))));
}

#[tokio::test(start_paused = true)]
async fn all_decisions_of_a_request_share_the_time_of_one() {
    let (authorizer, _) = authorizer();
    let start = tokio::time::Instant::now();
    let asked = authorizer.authorize(question(&[NEVER, NEVER], false, None));
    assert!(matches!(asked.await, Err(NotAuthorized::TooSlow)));
    assert_eq!(start.elapsed(), Duration::from_secs(5));
}

#[tokio::test(start_paused = true)]
async fn eight_items_of_a_request_decide_at_the_same_time() {
    let (authorizer, items) = authorizer();
    let start = tokio::time::Instant::now();
    let asked = authorizer.authorize(question(&[LATER; 16], false, None));
    assert!(matches!(asked.await, Ok(None)));
    assert_eq!(start.elapsed(), Duration::from_secs(2));
    assert_eq!(items.asked.load(Ordering::SeqCst), 16);
    // No more than that: a client can listen for a thousand.
    let asked = authorizer.authorize(question(&[NEVER; 40], false, None));
    assert!(matches!(asked.await, Err(NotAuthorized::TooSlow)));
    assert_eq!(items.asked.load(Ordering::SeqCst), 16 + 8);
}

#[test]
fn the_log_is_told_the_real_reason() {
    let scopes = [crate::Scope::new("a"), crate::Scope::new("b")];
    for (refused, reason) in [
        (
            AuthorizeDenial::Denied("not yours".into()),
            "the item denies it: not yours",
        ),
        (
            AuthorizeDenial::NeedsScopes(scopes.into()),
            "the item also needs a b",
        ),
    ] {
        assert_eq!(NotAuthorized::Denied(refused).to_string(), reason);
    }
    assert!(NotAuthorized::TooSlow.to_string().contains("in time"));
    assert!(
        NotAuthorized::TooManyPending
            .to_string()
            .contains("too many")
    );
}

#[tokio::test(start_paused = true)]
async fn a_caller_waits_for_at_most_sixteen_decisions_with_all_its_tokens() {
    let (authorizer, _) = authorizer();
    let alice = caller("alice");
    let mut waiting = Vec::new();
    for _ in 0..crate::gate::pending_decisions::PENDING {
        let question = question(&[NEVER], true, Some(&alice));
        let mut one = authorizer.authorize_request(question).boxed();
        assert!(poll!(&mut one).is_pending());
        waiting.push(one);
    }
    let ask = async |subject: Option<&str>| {
        let caller = subject.map(caller);
        let question = question(&[ALLOW], true, caller.as_ref());
        authorizer.authorize_request(question).await
    };
    let more = ask(Some("alice")).await;
    assert!(matches!(more, Err(NotAuthorized::TooManyPending)));
    // Others are not affected.
    assert!(ask(Some("bob")).await.is_ok());
    assert!(ask(None).await.is_ok());
    // A client that disconnects gives its place back, as does a decision that comes too late.
    drop(waiting.pop());
    assert!(ask(Some("alice")).await.is_ok());
    for one in waiting {
        assert!(matches!(one.await, Err(NotAuthorized::TooSlow)));
    }
    assert!(authorizer.pending.is_empty());
}
