//! Shared code of the end-to-end tests.

pub mod application;
pub mod browser;
pub mod client;
pub mod clock;
pub mod desk;
mod issuer;
pub mod ledger;
pub mod person;
pub mod process;
pub mod schema;
pub mod server;
pub mod shelf;
pub mod tokens;
pub mod wire;

pub use issuer::{Answer, ImitationIssuer, Place, Question, SigningKey, TokenBuilder};
