//! Servers that share a store, over real sockets.

mod approvals;
mod confirmations;
mod kill_switches;
mod log_levels;
mod one_time_uses;
mod rates;
mod replica;
mod revocations;
mod sessions;
mod store_away;
mod streams;
