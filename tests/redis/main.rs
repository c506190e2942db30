//! The store in a real Redis: `cargo xtask interop redis`.

#![expect(
    clippy::print_stdout,
    reason = "a run prints how many calls had which end"
)]

mod failures;
mod load;
mod operations;
mod streams;
