//! The store in a real Redis: `cargo xtask interop redis`.

mod failures;
mod load;
mod operations;
mod redis_server;
mod replica_set;
mod round_robin;
mod soak;
