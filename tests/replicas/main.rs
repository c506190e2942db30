//! Servers that share a store, over real sockets.

mod confirmations;
mod kill_switches;
mod one_time_uses;
mod rates;
mod replica;
mod revocations;
mod sessions;
