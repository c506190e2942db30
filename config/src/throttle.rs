//! [`Throttle`]: the rates and the numbers of running requests of callers and of addresses.
//!
//! - `counters`: the rates of many callers in little memory
//! - `running`: the requests that run
//! - `client_address`: the address of a client, for requests without a valid token
//! - `limit_exceeded`: which limit is reached
//!
//! Time is an argument: it comes from the gate's [`Clock`].

use std::{
    collections::HashMap,
    hash::{BuildHasher, Hash, RandomState},
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use http::HeaderMap;
use toolgate_core::{authorization::Target, claims::Claims, clock::Clock};

use crate::{
    RateSettings,
    item_limits::ItemLimits,
    rate::{Rate, whole_seconds},
};

mod client_address;
mod counters;
mod limit_exceeded;
mod running;

pub use client_address::ClientAddress;
use counters::Counters;
pub use limit_exceeded::{LimitExceeded, RateOf};
pub use running::RunningItem;
use running::RunningItems;

/// The sender whose requests are counted together.
#[derive(Debug, Hash)]
pub enum RateLimitKey {
    /// A caller.
    Caller(CallerKey),
    /// A request without a token.
    Address(ClientAddress),
    /// Every request without a token, if addresses are not known.
    AllUnauthenticated,
}

/// The keyed hash of a caller, see [`Throttle::key_of_caller`].
#[derive(Debug, Clone, Copy, Hash)]
pub struct CallerKey(u64);

/// One request for items.
pub struct LimitedRequest<'u> {
    /// Who sends it.
    pub rate_limit_key: RateLimitKey,
    /// The items, each once.
    pub targets: &'u [Target],
    /// Whether the items run. A subscription does not.
    pub runs: bool,
    /// Whether it continues a request of several rounds.
    pub continues: bool,
}

/// The limits of a gate, and what has been used.
pub struct Throttle {
    /// The limits of each item that has some, sorted. They are read several times for each request.
    limits: Vec<(Target, ItemLimits)>,
    settings: RateSettings,
    clock: Arc<dyn Clock>,
    /// A keyed hash of 64 bits: nobody can find two keys that share a counter, and two of 65,536
    /// counters have one key with a probability of 10⁻¹⁰.
    hasher: RandomState,
    // Each kind has its own counters: clients without a token can have any number of addresses, and
    // must not use up the counters of callers.
    callers: Counters,
    items: Counters,
    items_of_unauthenticated: Counters,
    unauthenticated: Counters,
    failures: Counters,
    running: Arc<RunningItems>,
    is_warned: AtomicBool,
}

impl Throttle {
    /// Returns `None` if nothing is limited.
    #[must_use]
    pub fn new(
        limits: HashMap<Target, ItemLimits>,
        settings: RateSettings,
        clock: Arc<dyn Clock>,
    ) -> Option<Box<Self>> {
        let is_limited =
            !limits.is_empty() || settings.caller.is_some() || settings.limits_unauthenticated();
        is_limited.then(|| {
            let mut limits: Vec<_> = limits.into_iter().collect();
            limits.sort_unstable_by_key(|(target, _)| *target);
            Box::new(Self {
                limits,
                settings,
                clock,
                hasher: RandomState::new(),
                callers: Counters::default(),
                items: Counters::default(),
                items_of_unauthenticated: Counters::default(),
                unauthenticated: Counters::default(),
                failures: Counters::default(),
                running: Arc::default(),
                is_warned: AtomicBool::new(false),
            })
        })
    }

    /// Returns how long an item may run.
    #[must_use]
    pub fn timeout(&self, target: Target) -> Option<Duration> {
        self.limits(target)?.timeout
    }

    /// Returns whether an item has a rate or a maximum number of running requests.
    #[must_use]
    pub fn counts(&self, target: Target) -> bool {
        let limits = self.limits(target);
        limits.is_some_and(|limits| limits.rate.is_some() || limits.concurrency.is_some())
    }

    /// Returns whether requests without a valid token are limited by address.
    #[must_use]
    pub fn limits_unauthenticated(&self) -> bool {
        self.settings.limits_unauthenticated()
    }

    /// Returns the address of the client, if the operator has named the proxies.
    pub fn address(&self, headers: &HeaderMap, peer: Option<IpAddr>) -> Option<ClientAddress> {
        let proxies = self.settings.proxies.as_ref()?;
        if peer.is_none() && !self.is_warned.swap(true, Ordering::Relaxed) {
            tracing::error!(
                "rates by address are not enforced: the application does not pass on the address of the peer; serve it with into_make_service_with_connect_info::<SocketAddr>()"
            );
        }
        Some(ClientAddress::of(proxies, peer?, headers))
    }

    /// Returns the key of the caller of a token: its issuer, and its subject or its client. A
    /// caller has the same key with all tokens.
    #[must_use]
    pub fn key_of_caller(&self, claims: &Claims) -> CallerKey {
        CallerKey(self.key(&(claims.issuer(), claims.party())))
    }

    /// Counts a request of a caller, before anything is decided about it.
    pub fn count_caller(&self, CallerKey(key): CallerKey) -> Result<(), LimitExceeded> {
        self.count(&self.callers, RateOf::Caller, self.settings.caller, || key)
    }

    /// Takes back a counted request of a caller.
    pub fn give_back_caller(&self, CallerKey(key): CallerKey) {
        if let Some(rate) = self.settings.caller {
            self.callers.give_back(key, rate);
        }
    }

    /// Counts a request for a rate of the configuration, if there is one.
    fn count(
        &self,
        counters: &Counters,
        of: RateOf,
        rate: Option<Rate>,
        key: impl FnOnce() -> u64,
    ) -> Result<(), LimitExceeded> {
        let Some(rate) = rate else {
            return Ok(());
        };
        let taken = counters.take(key(), rate, self.now());
        taken.map_err(limited(of, rate))
    }

    /// Counts a request for items, before an item runs. If a limit refuses the request, no limit
    /// counts it: the earlier count in the rate of its caller is taken back. Returns a value that
    /// counts the item as running until it is dropped.
    pub fn begin(
        &self,
        used: &LimitedRequest<'_>,
    ) -> Result<Option<Arc<RunningItem>>, LimitExceeded> {
        // The rate and the number of running requests of one item have the same key.
        let key = match used.targets {
            [target] => Some(self.key_of_use(used, *target)),
            _ => None,
        };
        let begun = self.begin_running(used, key).and_then(|running| {
            let taken = self.take_items(used, key, self.now());
            taken.map(|()| running)
        });
        begun.inspect_err(|_| {
            if let RateLimitKey::Caller(caller) = used.rate_limit_key {
                self.give_back_caller(caller);
            }
        })
    }

    fn begin_running(
        &self,
        used: &LimitedRequest<'_>,
        key: Option<u64>,
    ) -> Result<Option<Arc<RunningItem>>, LimitExceeded> {
        let ([target], Some(key), true) = (used.targets, key, used.runs) else {
            return Ok(None);
        };
        let limits = self.limits(*target);
        let Some(most) = limits.and_then(|limits| limits.concurrency) else {
            return Ok(None);
        };
        let begun = self.running.begin(key, most);
        begun.map(Some).ok_or(LimitExceeded::Running { most })
    }

    /// Counts a request for each of its items. If one item is at its limit, no item is counted.
    /// `key` is the key of the item if there is only one.
    fn take_items(
        &self,
        used: &LimitedRequest<'_>,
        key: Option<u64>,
        now: u64,
    ) -> Result<(), LimitExceeded> {
        let counters = match used.rate_limit_key {
            RateLimitKey::Caller(_) => &self.items,
            RateLimitKey::Address(_) | RateLimitKey::AllUnauthenticated => {
                &self.items_of_unauthenticated
            }
        };
        let mut taken: Vec<(u64, Rate)> = Vec::new();
        for target in used.targets {
            let Some(&ItemLimits {
                rate: Some(rate),
                takes_rounds,
                ..
            }) = self.limits(*target)
            else {
                continue;
            };
            let key = key.unwrap_or_else(|| self.key_of_use(used, *target));
            // If this library does not open the item's states, a client could invent one.
            if used.continues && takes_rounds && counters.take_continuation(key) {
                continue;
            }
            if let Err(wait) = counters.take(key, rate, now) {
                for (key, rate) in taken {
                    counters.give_back(key, rate);
                }
                return Err(limited(RateOf::Item, rate)(wait));
            }
            // A single item needs no entry: no later item can fail.
            if used.targets.len() > 1 {
                taken.push((key, rate));
            }
        }
        Ok(())
    }

    /// Returns the rates of a request that all replicas count together, each with its item. Omits
    /// the item of a further round: only this process knows which request the round continues.
    pub fn shared_rates(
        &self,
        targets: &[Target],
        continues: bool,
    ) -> impl Iterator<Item = (Option<Target>, Rate)> {
        let items = targets.iter().filter_map(move |target| {
            let limits = self.limits(*target)?;
            let rate = limits
                .rate
                .filter(|_| !(continues && limits.takes_rounds))?;
            Some((Some(*target), rate))
        });
        let caller = self.settings.caller.map(|rate| (None, rate));
        caller.into_iter().chain(items)
    }

    /// Takes back the counts of a caller's request in this process, because the shared count
    /// refuses it. `items` are the counted items, each with its rate.
    pub fn take_back(&self, caller: CallerKey, items: impl Iterator<Item = (Target, Rate)>) {
        self.give_back_caller(caller);
        let rate_limit_key = RateLimitKey::Caller(caller);
        for (target, rate) in items {
            self.items
                .give_back(self.key(&(&rate_limit_key, &target)), rate);
        }
    }

    /// Counts a request without a valid token.
    pub fn count_unauthenticated(&self, address: ClientAddress) -> Result<(), LimitExceeded> {
        let rate = self.settings.unauthenticated;
        self.count(&self.unauthenticated, RateOf::Address, rate, || {
            self.key(&address)
        })
    }

    /// Counts a token that is invalid or not yet verified.
    pub fn count_failure(&self, address: ClientAddress) -> Result<(), LimitExceeded> {
        let rate = self.settings.failures;
        self.count(&self.failures, RateOf::Failures, rate, || {
            self.key(&address)
        })
    }

    /// Takes back a counted failure, for example if the token is valid.
    pub fn give_back_failure(&self, address: ClientAddress) {
        if let Some(rate) = self.settings.failures {
            self.failures.give_back(self.key(&address), rate);
        }
    }

    fn key_of_use(&self, used: &LimitedRequest<'_>, target: Target) -> u64 {
        self.key(&(&used.rate_limit_key, target))
    }

    fn key(&self, of: &impl Hash) -> u64 {
        self.hasher.hash_one(of)
    }

    fn limits(&self, target: Target) -> Option<&ItemLimits> {
        let found = self.limits.binary_search_by_key(&target, |(one, _)| *one);
        found.ok().map(|index| &self.limits[index].1)
    }

    /// Returns the time in nanoseconds since the start of 1970. 64 bits hold it until 2554.
    fn now(&self) -> u64 {
        u64::try_from(self.clock.since_epoch().as_nanos()).unwrap_or(u64::MAX / 2)
    }
}

/// Returns a function that turns the time to wait, in nanoseconds, into a [`LimitExceeded`].
fn limited(of: RateOf, rate: Rate) -> impl Fn(u64) -> LimitExceeded {
    move |wait| LimitExceeded::Rate {
        of,
        rate,
        retry_after: whole_seconds(wait),
    }
}

#[cfg(test)]
mod tests;
