//! [`RateSettings`]: how often callers and addresses may send requests.

use crate::{rate::Rate, trusted_proxies::TrustedProxies};

/// The rates that the configuration sets.
#[derive(Debug, Clone, Default)]
pub struct RateSettings {
    /// The rate of one caller over all items.
    pub caller: Option<Rate>,
    /// The rate of requests without a valid token, for one address.
    pub unauthenticated: Option<Rate>,
    /// The rate of invalid tokens, for one address.
    pub failures: Option<Rate>,
    /// `None` if the operator has not named the proxies.
    pub proxies: Option<TrustedProxies>,
}

impl RateSettings {
    /// Returns whether requests without a valid token are limited by address.
    pub fn limits_unauthenticated(&self) -> bool {
        self.unauthenticated.is_some() || self.failures.is_some()
    }
}
