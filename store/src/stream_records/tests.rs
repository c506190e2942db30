//! In the time of tokio's paused clock, which the seal of the records follows.

use tokio::time::Instant;
use toolgate_core::clock::{Clock, UnixTime};

use super::*;
use crate::test_store::{Conduct, TestStore};

const READY: Conduct = Conduct {
    delay: Duration::ZERO,
    fails: false,
};
const AWAY: Conduct = Conduct {
    fails: true,
    ..READY
};
const SLOW: Conduct = Conduct {
    delay: Duration::from_secs(2),
    ..READY
};

struct PausedClock(Instant);

impl Clock for PausedClock {
    fn now(&self) -> UnixTime {
        UnixTime::from_seconds(1_000_000 + self.0.elapsed().as_secs())
    }
}

fn replica(memory: &TestStore, process: &str) -> StreamRecords {
    let store = Arc::new(memory.clone());
    let clock = Arc::new(PausedClock(Instant::now()));
    let store = SealedStore::new(store, &[7; 32], None, "http://r/mcp", clock).unwrap();
    StreamRecords::new(store, process.to_owned())
}

fn owner(subject: &str) -> SessionOwner {
    let owner = format!(r#"{{"issuer":"i","subject":"{subject}","client":null}}"#);
    serde_json::from_str(&owner).unwrap()
}

fn name(request: u64) -> StreamName {
    StreamName {
        session: "s".to_owned(),
        process: "one".to_owned(),
        service: 0,
        request,
    }
}

fn event(index: u64, message: &str) -> StreamEvent {
    StreamEvent {
        index,
        id: format!("{index}/1"),
        message: message.to_owned(),
        is_progress: false,
    }
}

async fn replay(records: &StreamRecords, after: u64) -> StreamReplay {
    match records.find(&owner("alice"), &name(1), after).await {
        Ok(StreamSearch::Found(replay)) => replay,
        other => panic!("{other:?}"),
    }
}

async fn all(mut replay: StreamReplay) -> Vec<String> {
    let mut found = Vec::new();
    while let Some(next) = replay.next().await {
        found.push(match next {
            Replayed::Event(event) => event.message,
            Replayed::Lost => "lost".to_owned(),
        });
    }
    found
}

async fn seconds(count: u64) {
    sleep(Duration::from_secs(count)).await;
}

#[tokio::test(start_paused = true)]
async fn another_replica_replays_what_follows_and_waits_for_the_answer() {
    let memory = TestStore::default();
    let (one, two) = (replica(&memory, "one"), replica(&memory, "two"));
    let recorder = one.begin(owner("alice"), &name(1)).unwrap();
    recorder.push(event(1, "question"));
    seconds(1).await;
    let (here, there) = (replay(&one, 0).await, replay(&two, 0).await);
    let later = replay(&two, 1).await;
    let waiting = tokio::spawn(async move { tokio::join!(all(here), all(there), all(later)) });
    seconds(60).await;
    recorder.push(event(2, "answer"));
    drop(recorder);
    let (here, there, later) = waiting.await.unwrap();
    assert_eq!(here, ["question", "answer"]);
    assert_eq!(there, here);
    assert_eq!(later, ["answer"]);
    // A late client gets it, too, from the process that ran the request as well.
    seconds(250).await;
    for records in [&one, &two] {
        assert_eq!(all(replay(records, 1).await).await, ["answer"]);
    }
    assert!(one.running().is_empty());
    seconds(60).await;
    assert_eq!(all(replay(&two, 1).await).await, ["lost"]);
    let own = one.find(&owner("alice"), &name(1), 1).await;
    assert!(matches!(own, Ok(StreamSearch::Unknown)), "{own:?}");
}

#[tokio::test(start_paused = true)]
async fn a_quick_request_is_written_once_and_a_busy_one_four_times_a_second() {
    let memory = TestStore::default();
    let one = replica(&memory, "one");
    drop(one.begin(owner("alice"), &name(1)).unwrap());
    seconds(1).await;
    assert_eq!(memory.take_puts(), 1);
    let recorder = one.begin(owner("alice"), &name(1)).unwrap();
    for index in 0..1_000 {
        recorder.push(event(index, "again"));
        sleep(Duration::from_millis(10)).await;
    }
    let puts = memory.puts();
    assert!((30..=41).contains(&puts), "{puts}");
    drop(recorder);
}

#[tokio::test(start_paused = true)]
async fn the_stream_of_a_replica_that_has_ended_is_lost_and_not_silent() {
    let memory = TestStore::default();
    let (one, two) = (replica(&memory, "one"), replica(&memory, "two"));
    let recorder = one.begin(owner("alice"), &name(1)).unwrap();
    recorder.push(event(1, "question"));
    seconds(1).await;
    // The process ends: nothing writes the record again.
    let kept = memory.values();
    drop(recorder);
    seconds(1).await;
    memory.replace_all(kept);
    let started = Instant::now();
    assert_eq!(all(replay(&two, 0).await).await, ["question", "lost"]);
    assert!(started.elapsed() < RUNNING + Duration::from_secs(3));
    // A stream without a record at all is one whose process has ended before it wrote one.
    assert_eq!(all(replay(&two, 0).await).await, ["lost"]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_survives_a_store_that_is_away_or_slow() {
    for conduct in [AWAY, SLOW] {
        let memory = TestStore::default();
        let (one, two) = (replica(&memory, "one"), replica(&memory, "two"));
        let recorder = one.begin(owner("alice"), &name(1)).unwrap();
        recorder.push(event(1, "question"));
        seconds(1).await;
        let there = tokio::spawn(all(replay(&two, 0).await));
        memory.set(conduct);
        seconds(2).await;
        let started = Instant::now();
        let find = two.find(&owner("alice"), &name(1), 0).await;
        assert!(find.is_err(), "{find:?}");
        assert!(started.elapsed() <= Duration::from_millis(500));
        recorder.push(event(2, "answer"));
        drop(recorder);
        seconds(5).await;
        // The process that ran it still knows it.
        assert_eq!(all(replay(&one, 1).await).await, ["answer"]);
        memory.set(READY);
        assert_eq!(there.await.unwrap(), ["question", "answer"]);
        assert_eq!(all(replay(&two, 0).await).await, ["question", "answer"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_stays_away_ends_the_wait_and_holds_no_memory() {
    let memory = TestStore::default();
    let (one, two) = (replica(&memory, "one"), replica(&memory, "two"));
    let recorder = one.begin(owner("alice"), &name(1)).unwrap();
    seconds(1).await;
    let there = tokio::spawn(all(replay(&two, 0).await));
    seconds(1).await;
    memory.set(AWAY);
    recorder.push(event(1, "answer"));
    drop(recorder);
    seconds(20).await;
    assert!(there.is_finished());
    assert_eq!(there.await.unwrap(), ["lost"]);
    assert_eq!(one.running().len(), 1);
    seconds(60).await;
    assert!(one.running().is_empty());
    assert_eq!(one.0.waiting.load(Ordering::Relaxed), 0);
    let many: Vec<_> = (0..400)
        .map(|number| {
            let session = format!("session {number}");
            one.begin(owner("alice"), &StreamName { session, ..name(1) })
        })
        .collect();
    assert!(many.iter().all(Option::is_some));
    drop(many);
    seconds(2).await;
    assert_eq!(one.running().len(), MOST_WAITING);
}

#[tokio::test(start_paused = true)]
async fn only_the_owner_finds_a_stream() {
    let memory = TestStore::default();
    let (one, two) = (replica(&memory, "one"), replica(&memory, "two"));
    let recorder = one.begin(owner("alice"), &name(1)).unwrap();
    seconds(1).await;
    for records in [&one, &two] {
        let found = records.find(&owner("mallory"), &name(1), 0).await;
        assert!(matches!(found, Ok(StreamSearch::OtherOwner)), "{found:?}");
    }
    // Her own session has no such stream.
    let session = "mallory's".to_owned();
    let own = StreamName { session, ..name(1) };
    let Ok(StreamSearch::Found(replay)) = two.find(&owner("mallory"), &own, 0).await else {
        panic!("a stream that is lost");
    };
    recorder.push(event(1, "secret"));
    drop(recorder);
    assert_eq!(all(replay).await, ["lost"]);
}

#[tokio::test(start_paused = true)]
async fn a_lying_store_cannot_forge_swap_or_revive_events() {
    let memory = TestStore::default();
    let (one, two) = (replica(&memory, "one"), replica(&memory, "two"));
    let recorder = one.begin(owner("alice"), &name(1)).unwrap();
    recorder.push(event(1, "early"));
    seconds(1).await;
    let early = memory.values();
    let key = early.keys().next().unwrap().clone();
    recorder.push(event(2, "answer"));
    drop(recorder);
    let session = "mallory's".to_owned();
    let other = one.begin(owner("mallory"), &StreamName { session, ..name(1) });
    drop(other);
    seconds(1).await;
    let mut now = memory.values();
    let genuine = now.remove(&key).unwrap();
    let (_, swapped) = now.drain().next().unwrap();
    let mut changed = genuine.clone();
    changed.0[40] ^= 1;
    for forged in [swapped, changed, (vec![7; 200], genuine.1)] {
        memory.replace_all([(key.clone(), forged)].into());
        let found = two.find(&owner("alice"), &name(1), 0).await;
        assert!(found.is_err(), "{found:?}");
    }
    // An earlier state of the same stream: its client waits until it expires, and the rest is lost.
    let mut old = early[&key].clone();
    old.1 += KEPT;
    memory.replace_all([(key.clone(), old.clone())].into());
    assert_eq!(all(replay(&two, 0).await).await, ["early", "lost"]);
    let found = two.find(&owner("alice"), &name(1), 0).await;
    assert!(found.is_err(), "{found:?}");
    // A stream of the same place that has ended long ago.
    let later = StreamName {
        request: 17,
        ..name(1)
    };
    assert_eq!(one.key(&later).as_str(), key);
    memory.replace_all([(key, genuine)].into());
    let found = two.find(&owner("alice"), &later, 0).await;
    let Ok(StreamSearch::Found(replay)) = found else {
        panic!("{found:?}");
    };
    assert_eq!(all(replay).await, ["lost"]);
}

#[tokio::test(start_paused = true)]
async fn a_session_has_a_bounded_number_of_records() {
    let memory = TestStore::default();
    let one = replica(&memory, "one");
    for request in 0..100 {
        drop(one.begin(owner("alice"), &name(request)).unwrap());
        seconds(1).await;
    }
    assert_eq!(memory.values().len(), 16);
    let running = one.begin(owner("alice"), &name(0)).unwrap();
    assert!(one.begin(owner("alice"), &name(16)).is_none());
    drop(running);
}
