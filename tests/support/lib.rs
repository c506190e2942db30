//! What the end-to-end tests share.

pub mod client;
mod issuer;
pub mod server;
pub mod tokens;

pub use issuer::{Answer, ImitationIssuer, Place, SigningKey, TokenBuilder};
