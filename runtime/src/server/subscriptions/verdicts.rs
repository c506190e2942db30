//! [`Verdicts`]: which updates of resources one client may be notified of.

use std::collections::HashMap;

use crate::{
    authorization::Target,
    caller::Caller,
    clock::UnixTime,
    gate::{AuthorizeQuestion, Authorizer},
};

/// How long a verdict is reused, in seconds.
const REUSED: u64 = 5;

/// The verdicts of `authorize` functions on reads by one client, by URI.
pub(super) struct Verdicts {
    /// When the oldest verdict was made. No verdict is used longer than that.
    since: UnixTime,
    caller: Option<Caller>,
    by_uri: HashMap<String, bool>,
}

impl Verdicts {
    pub(super) fn new() -> Self {
        Self {
            since: UnixTime::from_seconds(0),
            caller: None,
            by_uri: HashMap::new(),
        }
    }

    /// Returns whether the resource authorizes a read. A decision that comes too late denies.
    pub(super) async fn allow(
        &mut self,
        authorizer: &Authorizer,
        resource: (Target, &str),
        caller: Option<&Caller>,
        now: UnixTime,
    ) -> bool {
        let (target, uri) = resource;
        if !authorizer.has_authorize(target) {
            return true;
        }
        let is_same = match (&self.caller, caller) {
            (Some(one), Some(other)) => one.has_token_of(other),
            (None, None) => true,
            _ => false,
        };
        // A clock that was set back must not prolong a verdict.
        if !is_same || now < self.since || now.since(self.since) >= REUSED {
            self.by_uri.clear();
            self.since = now;
            self.caller = caller.cloned();
        }
        if let Some(verdict) = self.by_uri.get(uri) {
            return *verdict;
        }
        let question = AuthorizeQuestion {
            items: vec![(target, uri)],
            arguments: None,
            caller,
            runs: false,
        };
        let verdict = authorizer.authorize(question).await.is_ok();
        self.by_uri.insert(uri.to_owned(), verdict);
        verdict
    }
}
