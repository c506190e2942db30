//! What the end-to-end tests share.

pub mod client;
pub mod desk;
mod issuer;
pub mod person;
pub mod process;
pub mod server;
pub mod tokens;

pub use issuer::{Answer, ImitationIssuer, Place, SigningKey, TokenBuilder};
