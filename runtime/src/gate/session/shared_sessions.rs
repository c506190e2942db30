//! [`SharedSessions`]: the records of sessions that replicas share.

use futures_util::{future::BoxFuture, stream::BoxStream};
use toolgate_store::{SessionRecord, StoreError};

use crate::caller::Caller;

/// The answer of the store.
type Stored<'s, T> = BoxFuture<'s, Result<T, StoreError>>;

/// How the stream of a request continues.
pub(crate) enum Resumption {
    /// With these events, as text, or with an error that ends the request.
    Events(BoxStream<'static, String>),
    /// Its record belongs to another caller.
    OtherOwner,
    /// Only rmcp can know the stream.
    Unknown,
}

/// The sessions of all replicas. A session that is opened without a token has no record, because it
/// could get another owner at each replica.
pub(crate) trait SharedSessions: Send + Sync {
    /// Returns the record of a session, if the session belongs to this caller.
    fn find<'s>(
        &'s self,
        session: &'s str,
        caller: &'s Caller,
    ) -> Stored<'s, Option<SessionRecord>>;

    /// Lets this process restore the service of a session of another replica.
    fn adopt(&self, session: &str, handshake: String);

    /// Stores the record of a session that this process has opened.
    fn publish<'s>(&'s self, session: &'s str, owner: &'s Caller) -> Stored<'s, ()>;

    /// Extends the life of a record. Returns `None` if the session has ended.
    fn extend<'s>(&'s self, session: &'s str) -> Stored<'s, Option<SessionRecord>>;

    /// Sets the level in the record of a session.
    fn set_log_level<'s>(&'s self, session: &'s str, level: u8) -> Stored<'s, ()>;

    /// Continues the stream of a request after an event, for its owner.
    fn resume<'s>(
        &'s self,
        session: &'s str,
        caller: &'s Caller,
        last_event: &'s str,
    ) -> Stored<'s, Resumption>;

    /// Removes the record of a session that its client ends.
    fn remove<'s>(&'s self, session: &'s str) -> Stored<'s, ()>;

    /// Ends the service of a session in this process.
    fn end_here(&self, session: String);
}
