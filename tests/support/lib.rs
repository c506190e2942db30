//! What the end-to-end tests share.

pub mod client;
pub mod server;
pub mod tokens;
