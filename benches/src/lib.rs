//! Servers and tokens for the benchmarks of the core and of the OAuth side.

mod desk;
mod jsonwebtoken_baseline;
mod mint;

pub use desk::Desk;
pub use jsonwebtoken_baseline::Plain;
