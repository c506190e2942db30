use std::time::Duration;

use tokio::time::advance;

use super::*;
use crate::{claims::Claims, clock::UnixTime, scope::ScopeTable};

mod limits;

fn caller(issuer: &str, subject: &str, scopes: &str) -> Caller {
    let claims = Claims::new(issuer, UnixTime::from_seconds(9))
        .with_subject(subject)
        .with_audience("a")
        .with_scopes(scopes);
    crate::tests::caller(claims, &ScopeTable::default())
}

/// The sessions of a gate, and the ids of those that it has ended.
struct World {
    sessions: Sessions,
    closed: Arc<Mutex<Vec<String>>>,
}

impl World {
    fn new() -> Self {
        Self::with(SessionLimits::default())
    }

    fn with(limits: SessionLimits) -> Self {
        Self {
            sessions: Sessions::new(limits, None),
            closed: Arc::default(),
        }
    }

    fn try_open(
        &self,
        id: &str,
        owner: Option<&Caller>,
        handshake: &[u8],
    ) -> Result<(), SessionLimitReached> {
        let place = self.sessions.reserve(owner, handshake)?;
        let closed = Arc::clone(&self.closed);
        let close: Close = Arc::new(move |id| closed.lock().unwrap().push(id));
        place.open(id.to_owned(), owner, close);
        Ok(())
    }

    fn open(&self, id: &str, owner: Option<&Caller>) {
        self.try_open(id, owner, b"{}").expect("a place");
    }

    /// Returns whether a caller may use a session. The guard is dropped immediately.
    fn enter(&self, id: &str, caller: Option<&Caller>) -> Result<(), SessionAccess> {
        self.sessions.enter(id, caller).map(drop)
    }

    fn closed(&self) -> Vec<String> {
        let mut closed = std::mem::take(&mut *self.closed.lock().unwrap());
        closed.sort();
        closed
    }
}

#[tokio::test]
async fn a_session_answers_only_its_owner() {
    let world = World::new();
    let alice = caller("i", "alice", "");
    world.open("1", Some(&alice));
    assert_eq!(world.enter("1", Some(&alice)), Ok(()));
    let foreign = Err(SessionAccess::NotFound);
    for other in [caller("i", "mallory", ""), caller("j", "alice", "")] {
        assert_eq!(world.enter("1", Some(&other)), foreign);
    }
    assert_eq!(
        world.enter("1", None),
        Err(SessionAccess::AuthenticationRequired)
    );
    assert_eq!(world.enter("2", Some(&alice)), foreign);
}

#[tokio::test]
async fn a_stepped_up_token_of_the_owner_is_accepted() {
    let world = World::new();
    world.open("1", Some(&caller("i", "alice", "read")));
    let more = caller("i", "alice", "read write");
    assert_eq!(world.enter("1", Some(&more)), Ok(()));
}

#[tokio::test]
async fn a_session_has_the_latest_token_of_its_owner() {
    let world = World::new();
    let alice = |scopes| caller("i", "alice", scopes);
    world.open("1", Some(&alice("read")));
    let session = world.sessions.enter("1", Some(&alice("read"))).unwrap();
    let held = || {
        let latest_caller = session.latest_caller().caller().unwrap();
        latest_caller.claims().scopes().count()
    };
    assert_eq!(held(), 1);
    world.enter("1", Some(&alice(""))).unwrap();
    assert_eq!(held(), 0);
    // A refused request changes nothing.
    let mallory = caller("i", "mallory", "read write");
    world.enter("1", Some(&mallory)).unwrap_err();
    world.enter("1", None).unwrap_err();
    assert_eq!(held(), 0);
    world.enter("1", Some(&alice("read write"))).unwrap();
    assert_eq!(held(), 2);
}

#[tokio::test]
async fn a_session_shares_no_memory_with_the_latest_request() {
    let world = World::new();
    let alice = caller("i", "alice", "read");
    world.open("1", Some(&alice));
    use crate::caller::TokenHolder;
    let place = |held: &Caller| held.bearer().unwrap().as_bytes().as_ptr();
    let later = caller("i", "alice", "read");
    let session = world.sessions.enter("1", Some(&later)).unwrap();
    let held = session.latest_caller().caller().unwrap();
    assert_ne!(place(&held), place(&alice));
    assert_ne!(place(&held), place(&later));
}

#[tokio::test]
async fn a_session_opened_without_a_token_belongs_to_the_first_caller() {
    let world = World::new();
    world.open("1", None);
    assert_eq!(world.enter("1", None), Ok(()));
    let alice = caller("i", "alice", "");
    assert_eq!(world.enter("1", Some(&alice)), Ok(()));
    assert_eq!(
        world.enter("1", None),
        Err(SessionAccess::AuthenticationRequired)
    );
    let mallory = caller("i", "mallory", "");
    let entered = world.enter("1", Some(&mallory));
    assert_eq!(entered, Err(SessionAccess::NotFound));
}

#[tokio::test]
async fn an_ended_session_is_not_found() {
    let world = World::new();
    let alice = caller("i", "alice", "");
    world.open("1", Some(&alice));
    world.sessions.remove("1");
    let entered = world.enter("1", Some(&alice));
    assert_eq!(entered, Err(SessionAccess::NotFound));
}

#[tokio::test(start_paused = true)]
async fn an_idle_session_ends_by_itself() {
    let world = World::new();
    let alice = caller("i", "alice", "");
    world.open("1", Some(&alice));
    world.open("2", None);
    advance(Duration::from_secs(30 * 60)).await;
    world.enter("2", None).unwrap();
    // No further requests.
    tokio::time::sleep(Duration::from_secs(31 * 60)).await;
    assert_eq!(world.closed(), ["1"]);
    let entered = world.enter("1", Some(&alice));
    assert_eq!(entered, Err(SessionAccess::NotFound));
    tokio::time::sleep(Duration::from_secs(30 * 60)).await;
    assert_eq!(world.closed(), ["2"]);
    // The task ends, and starts again with the next session.
    assert!(world.sessions.store.lock().watch.is_none());
    world.open("3", None);
    tokio::time::sleep(Duration::from_secs(61 * 60)).await;
    assert_eq!(world.closed(), ["3"]);
}

#[tokio::test(start_paused = true)]
async fn no_session_ends_while_a_request_of_it_is_open() {
    let limits = SessionLimits::default().with_idle_time(Duration::from_secs(60));
    let world = World::with(limits);
    world.open("1", None);
    let (first, second) = (
        world.sessions.enter("1", None).unwrap(),
        world.sessions.enter("1", None).unwrap(),
    );
    for open in [first, second] {
        tokio::time::sleep(Duration::from_secs(24 * 60 * 60)).await;
        assert!(world.closed().is_empty());
        drop(open);
    }
    // The idle time starts when the last request ends.
    tokio::time::sleep(Duration::from_secs(58)).await;
    assert!(world.closed().is_empty());
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!(world.closed(), ["1"]);
}

#[tokio::test(start_paused = true)]
async fn the_task_ends_with_its_sessions() {
    let world = World::new();
    world.open("1", None);
    let watch = world.sessions.store.lock().watch.take().unwrap();
    drop(world);
    let ended = tokio::time::timeout(Duration::from_secs(1), watch).await;
    assert!(ended.is_ok());
}
