use std::sync::Arc;

use futures_util::stream;
use serde_json::json;
use toolgate_core::clock::SystemClock;

use super::*;
use crate::{SealedStore, test_store::TestStore};

/// An event with an id; without a message if it is the first.
#[derive(Debug, Clone)]
struct Event(String, EventKind);

impl SessionEvent for Event {
    fn id(&self) -> Option<&str> {
        Some(&self.0)
    }

    fn with_id(self, id: String) -> Self {
        Self(id, self.1)
    }

    fn message(&self) -> Option<String> {
        (self.1 != EventKind::Other).then(|| "{}".to_owned())
    }

    fn kind(&self) -> EventKind {
        self.1
    }
}

fn first() -> Event {
    Event("0/3".to_owned(), EventKind::Other)
}

fn answer() -> Event {
    Event("1/3".to_owned(), EventKind::Answer)
}

/// A store and its records.
fn counting() -> (TestStore, StreamRecords) {
    let store = TestStore::default();
    let clock = Arc::new(SystemClock);
    let sealed = Arc::new(store.clone());
    let sealed = SealedStore::new(sealed, &[7; 32], None, "http://r/mcp", clock).unwrap();
    (store, StreamRecords::new(sealed, "p".to_owned()))
}

/// Returns a stream with the first event, whose rest a test sends.
fn stream_of(
    records: &StreamRecords,
) -> (
    mpsc::Sender<Event>,
    RecordedStream<impl Stream<Item = Event> + Send + Sync + 'static, Event>,
) {
    let (sender, receiver) = mpsc::channel(4);
    sender.try_send(first()).unwrap();
    let owner = json!({"issuer": "i", "subject": "alice", "client": null});
    let owner = serde_json::from_value(owner).unwrap();
    let recording = Recording::new(records, "s", owner, &json!(7));
    (sender, RecordedStream::new(events_of(receiver), recording))
}

fn events_of(
    mut receiver: mpsc::Receiver<Event>,
) -> impl Stream<Item = Event> + Send + Sync + 'static {
    stream::poll_fn(move |cx| receiver.poll_recv(cx))
}

async fn later() {
    sleep(Duration::from_secs(2)).await;
}

#[tokio::test(start_paused = true)]
async fn a_quick_stream_is_not_recorded_and_a_slow_one_is() {
    for (millis, expected) in [(0, 0), (9, 0), (20, 1)] {
        let (store, records) = counting();
        let (sender, stream) = stream_of(&records);
        let reading = tokio::spawn(stream.collect::<Vec<_>>());
        sleep(Duration::from_millis(millis)).await;
        sender.send(answer()).await.unwrap();
        drop(sender);
        let events = reading.await.unwrap();
        let ids: Vec<_> = events.iter().map(|one| one.0.as_str()).collect();
        assert_eq!(ids, ["0/3~p~Nw", "1/3~p~Nw"], "{millis}");
        later().await;
        assert_eq!(store.puts(), expected, "{millis}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_events_after_a_disconnect_are_recorded_until_the_answer() {
    let (store, records) = counting();
    let (sender, mut stream) = stream_of(&records);
    assert!(stream.next().await.is_some());
    drop(stream);
    later().await;
    let before = store.puts();
    sender.send(answer()).await.unwrap();
    drop(sender);
    later().await;
    assert!(store.puts() > before);
    // A client that has got its answer needs no record.
    let (store, records) = counting();
    let (sender, mut stream) = stream_of(&records);
    sender.send(answer()).await.unwrap();
    assert!(stream.next().await.is_some() && stream.next().await.is_some());
    drop(stream);
    later().await;
    assert_eq!(store.puts(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_stream_whose_place_is_taken_is_passed_on_without_a_record() {
    let (_, records) = counting();
    let (first, one) = stream_of(&records);
    let (second, two) = stream_of(&records);
    let one = tokio::spawn(one.collect::<Vec<_>>());
    sleep(Duration::from_millis(20)).await;
    let two = tokio::spawn(two.collect::<Vec<_>>());
    sleep(Duration::from_millis(20)).await;
    for sender in [first, second] {
        sender.send(answer()).await.unwrap();
    }
    assert_eq!(one.await.unwrap().len(), 2);
    assert_eq!(two.await.unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_stream_without_an_event_is_recorded_when_it_has_one() {
    let (store, records) = counting();
    let (sender, receiver) = mpsc::channel(4);
    let owner = json!({"issuer": "i", "subject": "alice", "client": null});
    let recording = || {
        let owner = serde_json::from_value(owner.clone()).unwrap();
        Recording::new(&records, "s", owner, &json!(7))
    };
    let stream = RecordedStream::new(events_of(receiver), recording());
    let reading = tokio::spawn(stream.collect::<Vec<_>>());
    later().await;
    assert_eq!(store.puts(), 0);
    let progress = Event("1/3".to_owned(), EventKind::Progress);
    sender.send(progress).await.unwrap();
    later().await;
    assert!(store.puts() > 0);
    drop(sender);
    assert_eq!(reading.await.unwrap().len(), 1);
    // A client that is gone before the first event cannot come back.
    let (_sender, receiver) = mpsc::channel::<Event>(4);
    drop(RecordedStream::new(events_of(receiver), recording()));
}
