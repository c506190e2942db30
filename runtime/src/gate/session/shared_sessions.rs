//! [`SharedSessions`]: the records of sessions that replicas share.

use futures_util::future::BoxFuture;
use toolgate_store::StoreError;

use crate::caller::Caller;

/// The answer of the store.
type Stored<'s, T> = BoxFuture<'s, Result<T, StoreError>>;

/// The sessions of all replicas. A session that is opened without a token has no record, because it
/// could get another owner at each replica.
pub(crate) trait SharedSessions: Send + Sync {
    /// Returns what the client of a session said at `initialize`, as JSON, if the session belongs to
    /// this caller.
    fn find<'s>(&'s self, session: &'s str, caller: &'s Caller) -> Stored<'s, Option<String>>;

    /// Lets this process restore the service of a session of another replica.
    fn adopt(&self, session: &str, handshake: String);

    /// Stores the record of a session that this process has opened.
    fn publish<'s>(&'s self, session: &'s str, owner: &'s Caller) -> Stored<'s, ()>;

    /// Extends the life of a record. Returns whether the session has not ended.
    fn extend<'s>(&'s self, session: &'s str) -> Stored<'s, bool>;

    /// Removes the record of a session that its client ends.
    fn remove<'s>(&'s self, session: &'s str) -> Stored<'s, ()>;

    /// Ends the service of a session in this process.
    fn end_here(&self, session: String);
}
