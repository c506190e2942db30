//! [`RecordedStream`]: delivers the events of a request, and records them for a reconnect.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::{FutureExt, Stream, StreamExt};
use serde_json::Value;
use tokio::{
    runtime::Handle,
    sync::mpsc,
    time::{Sleep, sleep},
};

use crate::{
    ResumePoint, SessionOwner, StreamEvent, StreamName, StreamRecorder, StreamRecords,
    resume_point::{numbers, suffix},
};

/// How long a request runs before its stream is recorded, while its client is connected.
const QUICK: Duration = Duration::from_millis(10);

/// How many events wait for a client that reads slowly.
const WAITING: usize = 16;

/// An event of a session.
pub trait SessionEvent: Clone + Send + Sync + 'static {
    /// Returns its id.
    fn id(&self) -> Option<&str>;

    /// Returns the event with another id.
    #[must_use]
    fn with_id(self, id: String) -> Self;

    /// Returns its message as JSON, or `None` if the event only has an id.
    fn message(&self) -> Option<String>;

    /// Returns the kind of its message.
    fn kind(&self) -> EventKind;
}

/// The role of a message in the stream of its request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// The answer.
    Answer,
    /// A report of progress.
    Progress,
    /// Everything else.
    Other,
}

/// What the record of a stream needs besides its events.
#[derive(Debug)]
pub struct Recording {
    records: StreamRecords,
    session: String,
    owner: SessionOwner,
    /// What follows the id of each event.
    suffix: String,
}

impl Recording {
    /// Records a request with this id here.
    pub fn new(
        records: &StreamRecords,
        session: &str,
        owner: SessionOwner,
        request: &Value,
    ) -> Self {
        Self {
            records: records.clone(),
            session: session.to_owned(),
            owner,
            suffix: suffix(records.process(), request),
        }
    }

    /// Begins the record of the stream that this event belongs to.
    fn begin(&self, event: &impl SessionEvent) -> Option<StreamRecorder> {
        let (service, _, request) = numbers(ResumePoint::in_session(event.id()?))?;
        let name = StreamName {
            session: self.session.clone(),
            process: self.records.process().to_owned(),
            service,
            request,
        };
        self.records.begin(self.owner.clone(), &name)
    }

    /// Appends the process and the request to the id of an event.
    fn name<E: SessionEvent>(&self, event: E) -> E {
        match event.id().map(|id| format!("{id}{}", self.suffix)) {
            Some(id) => event.with_id(id),
            None => event,
        }
    }
}

/// Returns what is recorded of an event.
fn content(event: &impl SessionEvent) -> Option<StreamEvent> {
    let id = event.id()?;
    let (_, index, _) = numbers(ResumePoint::in_session(id))?;
    Some(StreamEvent {
        index,
        id: id.to_owned(),
        message: event.message()?,
        is_progress: event.kind() == EventKind::Progress,
    })
}

type Events<S> = Pin<Box<S>>;

/// The events of a request. A task records them as soon as the request is slow or its client
/// disconnects.
pub struct RecordedStream<S, E>(State<S, E>)
where
    S: Stream<Item = E> + Send + Sync + 'static,
    E: SessionEvent;

enum State<S, E> {
    /// The request is quick so far.
    Quick(Box<Quick<S, E>>),
    /// Not recorded: an earlier stream that still runs occupies the record.
    Unrecorded(Events<S>),
    /// A task reads and records the events, even after the client has disconnected.
    Slow(mpsc::Receiver<E>),
    Ended,
}

struct Quick<S, E> {
    events: Events<S>,
    recording: Recording,
    early: Vec<E>,
    is_slow: Pin<Box<Sleep>>,
}

impl<S, E> RecordedStream<S, E>
where
    S: Stream<Item = E> + Send + Sync + 'static,
    E: SessionEvent,
{
    /// Records these events.
    pub fn new(events: S, recording: Recording) -> Self {
        Self(State::Quick(Box::new(Quick {
            events: Box::pin(events),
            recording,
            early: Vec::new(),
            is_slow: Box::pin(sleep(QUICK)),
        })))
    }
}

impl<S, E> Quick<S, E>
where
    S: Stream<Item = E> + Send + Sync + 'static,
    E: SessionEvent,
{
    /// Lets a task read the events from here on.
    fn record(self) -> State<S, E> {
        let Self {
            mut events,
            recording,
            early,
            ..
        } = self;
        let recorder = early.first().and_then(|event| recording.begin(event));
        let Some(recorder) = recorder else {
            return State::Unrecorded(events);
        };
        for event in early.iter().filter_map(content) {
            recorder.push(event);
        }
        let (sender, receiver) = mpsc::channel(WAITING);
        let recording = async move {
            while let Some(event) = events.next().await {
                let event = recording.name(event);
                if let Some(event) = content(&event) {
                    recorder.push(event);
                }
                // The request continues without its client, because the client may reconnect.
                let _ = sender.send(event).await;
            }
        };
        // Boxed like all background tasks, so that they are one type to compile.
        tokio::spawn(recording.boxed());
        State::Slow(receiver)
    }

    /// Returns whether the client may resume the stream: it has got an event, but not the answer.
    fn is_wanted(&self) -> bool {
        let has_answer = |event: &E| event.kind() == EventKind::Answer;
        !self.early.is_empty() && !self.early.iter().any(has_answer)
    }
}

impl<S, E> Stream for RecordedStream<S, E>
where
    S: Stream<Item = E> + Send + Sync + 'static,
    E: SessionEvent,
{
    type Item = E;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<E>> {
        if let State::Quick(quick) = &mut self.0 {
            match quick.events.poll_next_unpin(cx) {
                Poll::Ready(Some(event)) => {
                    let event = quick.recording.name(event);
                    quick.early.push(event.clone());
                    return Poll::Ready(Some(event));
                }
                Poll::Ready(None) => self.0 = State::Ended,
                // Before the first event, the client has no event id to resume from.
                Poll::Pending if quick.early.is_empty() => return Poll::Pending,
                Poll::Pending if quick.is_slow.poll_unpin(cx).is_pending() => return Poll::Pending,
                Poll::Pending => {
                    if let State::Quick(quick) = std::mem::replace(&mut self.0, State::Ended) {
                        self.0 = quick.record();
                    }
                }
            }
        }
        match &mut self.0 {
            State::Quick(_) => Poll::Pending,
            State::Unrecorded(events) => events.poll_next_unpin(cx),
            State::Slow(events) => events.poll_recv(cx),
            State::Ended => Poll::Ready(None),
        }
    }
}

impl<S, E> Drop for RecordedStream<S, E>
where
    S: Stream<Item = E> + Send + Sync + 'static,
    E: SessionEvent,
{
    fn drop(&mut self) {
        if let State::Quick(quick) = std::mem::replace(&mut self.0, State::Ended)
            && quick.is_wanted()
            && Handle::try_current().is_ok()
        {
            drop(quick.record());
        }
    }
}

#[cfg(test)]
mod tests;
