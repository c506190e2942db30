//! What the end-to-end tests share.

pub mod client;
pub mod desk;
pub mod server;
pub mod tokens;
