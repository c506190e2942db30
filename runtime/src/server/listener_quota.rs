//! A limit on the memory for the resource subscriptions of each caller.
//!
//! A listener stores its URIs for as long as it listens. Limiting their number does not limit
//! memory: a URI can have kilobytes, and one caller can open many listeners.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use rmcp::{ErrorData, model::Extensions};

use crate::caller::{Caller, Identity};

use super::{connection::ConnectionId, dispatch_check::gate_extension};

/// The maximum length of all URIs of one caller in bytes, over all listeners and sessions.
/// That is 5,000 URIs of the usual 50 bytes.
const PER_CALLER: usize = 256 * 1024;

/// The maximum length of all URIs of unauthenticated clients in bytes. Such a client can open
/// any number of connections; 64 connections can use their full share.
const ALL_UNAUTHENTICATED: usize = 64 * PER_CALLER;

/// The maximum number of resource subscriptions of one session.
const PER_SESSION: usize = 1024;

/// The party whose subscriptions are counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Listener {
    /// A caller, with any of its tokens.
    Caller(Identity),
    /// An unauthenticated client, by its connection.
    Connection(u64),
    /// An unauthenticated client whose connection another server accepted. That server has to
    /// limit the number of clients.
    Unknown,
}

impl Listener {
    /// Returns the party that sent a request.
    pub(super) fn of(caller: Option<&Caller>, extensions: &Extensions) -> Self {
        match (caller, gate_extension::<ConnectionId>(extensions)) {
            (Some(caller), _) => Self::Caller(caller.identity()),
            (None, Some(ConnectionId(id))) => Self::Connection(*id),
            (None, None) => Self::Unknown,
        }
    }

    fn is_unauthenticated(&self) -> bool {
        !matches!(self, Self::Caller(_))
    }
}

/// The subscriptions of all callers of a server, in bytes.
#[derive(Debug, Default)]
pub(super) struct Quota(Mutex<Taken>);

#[derive(Debug, Default)]
struct Taken {
    by_caller: HashMap<Listener, usize>,
    by_unauthenticated: usize,
}

impl Quota {
    /// Reserves the bytes of some URIs for a caller, until the returned share is dropped.
    ///
    /// # Errors
    ///
    /// Returns an error if the caller would exceed its limit.
    pub(super) fn take(
        self: &Arc<Self>,
        listener: Listener,
        uris: &[String],
    ) -> Result<Share, ErrorData> {
        let mut share = Share {
            quota: Arc::clone(self),
            listener,
            bytes: 0,
        };
        share.add(uris.iter().map(String::len).sum())?;
        Ok(share)
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        // Every change is one addition or subtraction, so a panic leaves no inconsistent
        // state.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The bytes that one listener or session has reserved.
#[derive(Debug)]
pub(super) struct Share {
    quota: Arc<Quota>,
    listener: Listener,
    bytes: usize,
}

impl Share {
    /// Reserves more bytes.
    ///
    /// # Errors
    ///
    /// As [`Quota::take`]; on an error nothing is reserved.
    pub(super) fn add(&mut self, bytes: usize) -> Result<(), ErrorData> {
        let mut taken = self.quota.lock();
        let is_unauthenticated = self.listener.is_unauthenticated();
        let by_unauthenticated = taken.by_unauthenticated + bytes;
        if is_unauthenticated && by_unauthenticated > ALL_UNAUTHENTICATED {
            return Err(ErrorData::invalid_params(
                "the subscriptions of clients without a token have reached this server's limit: send a token, or try again later",
                None,
            ));
        }
        let all = taken.by_caller.get(&self.listener).copied().unwrap_or(0) + bytes;
        if all > PER_CALLER && self.listener != Listener::Unknown {
            return Err(ErrorData::invalid_params(
                format!(
                    "the URIs that you subscribe to would be {all} bytes in total, and {PER_CALLER} are allowed: name fewer, or end another listener or subscription first"
                ),
                None,
            ));
        }
        if bytes > 0 {
            taken.by_caller.insert(self.listener.clone(), all);
        }
        if is_unauthenticated {
            taken.by_unauthenticated = by_unauthenticated;
        }
        drop(taken);
        self.bytes += bytes;
        Ok(())
    }

    /// Releases bytes.
    pub(super) fn give_back(&mut self, bytes: usize) {
        let bytes = bytes.min(self.bytes);
        self.bytes -= bytes;
        let mut taken = self.quota.lock();
        if self.listener.is_unauthenticated() {
            taken.by_unauthenticated = taken.by_unauthenticated.saturating_sub(bytes);
        }
        if let Some(all) = taken.by_caller.get_mut(&self.listener) {
            *all = all.saturating_sub(bytes);
            // A caller without subscriptions leaves no entry behind.
            if *all == 0 {
                taken.by_caller.remove(&self.listener);
            }
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.give_back(self.bytes);
    }
}

/// The resources that one session is subscribed to.
#[derive(Debug, Default)]
pub(super) struct SubscriptionQuota {
    uris: HashSet<String>,
    /// The bytes of the URIs, counted for the caller that subscribed first.
    share: Option<Share>,
}

impl SubscriptionQuota {
    /// Adds a subscription.
    ///
    /// # Errors
    ///
    /// Returns an error if the session, or its caller over all sessions, has reached its
    /// limit.
    pub(super) fn add(
        &mut self,
        uri: String,
        quota: &Arc<Quota>,
        listener: Listener,
    ) -> Result<(), ErrorData> {
        if self.contains(&uri) {
            return Ok(());
        }
        if self.uris.len() >= PER_SESSION {
            return Err(ErrorData::invalid_request(
                format!(
                    "this session has {PER_SESSION} subscriptions, which is the maximum: unsubscribe from a resource first"
                ),
                None,
            ));
        }
        match &mut self.share {
            Some(share) => share.add(uri.len())?,
            none => *none = Some(quota.take(listener, std::slice::from_ref(&uri))?),
        }
        self.uris.insert(uri);
        Ok(())
    }

    /// Removes a subscription, if it exists.
    pub(super) fn remove(&mut self, uri: &str) {
        if self.uris.remove(uri)
            && let Some(share) = &mut self.share
        {
            share.give_back(uri.len());
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.uris.is_empty()
    }

    /// Returns whether the session is subscribed to a resource.
    pub(super) fn contains(&self, uri: &str) -> bool {
        self.uris.contains(uri)
    }

    /// Returns all subscribed URIs.
    pub(super) fn to_vec(&self) -> Vec<String> {
        self.uris.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uris(count: usize, bytes: usize) -> Vec<String> {
        vec!["u".repeat(bytes); count]
    }

    #[test]
    fn one_caller_has_one_share_over_all_listeners() {
        let quota = Arc::new(Quota::default());
        let one = || Listener::Connection(1);
        let first = quota.take(one(), &uris(128, 1024)).unwrap();
        let second = quota.take(one(), &uris(127, 1024)).unwrap();
        let error = quota.take(one(), &uris(2, 1024)).unwrap_err();
        assert!(error.message.contains("263168 bytes"), "{}", error.message);
        assert!(error.message.contains("262144 are allowed"));
        // Another caller is not affected.
        let _other = quota
            .take(Listener::Connection(2), &uris(256, 1024))
            .unwrap();
        drop(first);
        let _third = quota.take(one(), &uris(129, 1024)).unwrap();
        assert!(quota.take(one(), &uris(1, 1)).is_err());
        drop(second);
    }

    #[test]
    fn what_is_given_back_leaves_nothing() {
        let quota = Arc::new(Quota::default());
        let mut share = quota.take(Listener::Connection(1), &uris(1, 5)).unwrap();
        share.add(7).unwrap();
        assert!(share.add(PER_CALLER).is_err());
        share.give_back(5);
        assert_eq!(quota.lock().by_unauthenticated, 7);
        drop(share);
        let taken = quota.lock();
        assert!(taken.by_caller.is_empty() && taken.by_unauthenticated == 0);
    }

    #[test]
    fn a_session_is_subscribed_to_so_many_resources() {
        let quota = Arc::default();
        let mut subscriptions = SubscriptionQuota::default();
        let add = |subscriptions: &mut SubscriptionQuota, uri: &str| {
            subscriptions.add(uri.to_owned(), &quota, Listener::Connection(1))
        };
        for number in 0..PER_SESSION {
            add(&mut subscriptions, &format!("notes://{number}")).unwrap();
        }
        add(&mut subscriptions, "notes://7").unwrap();
        assert!(add(&mut subscriptions, "notes://more").is_err());
        subscriptions.remove("notes://7");
        add(&mut subscriptions, "notes://more").unwrap();
    }

    #[test]
    fn the_sessions_of_one_caller_share_one_bound_of_bytes() {
        let quota = Arc::default();
        let long = |number: usize| format!("notes://{number:08184}");
        let add = |subscriptions: &mut SubscriptionQuota, number: usize| {
            subscriptions.add(long(number), &quota, Listener::Connection(1))
        };
        let (mut first, mut second) = (SubscriptionQuota::default(), SubscriptionQuota::default());
        for number in 0..16 {
            add(&mut first, number).unwrap();
            add(&mut second, number).unwrap();
        }
        for subscriptions in [&mut first, &mut second] {
            assert!(add(subscriptions, 16).is_err());
        }
        // A repeated subscription costs nothing, and removing an unknown one releases
        // nothing.
        add(&mut first, 7).unwrap();
        first.remove("notes://none");
        assert!(add(&mut second, 16).is_err());
        first.remove(&long(7));
        add(&mut second, 16).unwrap();
        drop(first);
        for number in 17..32 {
            add(&mut second, number).unwrap();
        }
    }

    #[test]
    fn unauthenticated_listeners_have_a_bound_together() {
        let quota = Arc::new(Quota::default());
        let full = uris(1, PER_CALLER);
        let take = |listener| quota.take(listener, &full);
        let known = (0..32).map(|id| take(Listener::Connection(id)).unwrap());
        let mut shares: Vec<_> = known.collect();
        shares.extend((0..32).map(|_| take(Listener::Unknown).unwrap()));
        let error = take(Listener::Connection(99)).unwrap_err();
        assert!(error.message.contains("send a token"), "{}", error.message);
        assert!(take(Listener::Unknown).is_err());
        shares.pop();
        take(Listener::Connection(99)).unwrap();
    }
}
