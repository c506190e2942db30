//! Servers that share a store, over real sockets.

mod confirmations;
mod one_time_uses;
mod rates;
mod replica;
mod revocations;
mod sessions;
