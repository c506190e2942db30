//! Servers and tokens for the benchmarks of the core and of the OAuth side.

mod desk;
mod mint;
mod plain;

pub use desk::Desk;
pub use plain::Plain;
