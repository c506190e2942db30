//! The kill switches of toolgate: a listener on an address of its own, with which an operator
//! switches off items and revokes tokens while a server runs.
//!
//! It can only remove access, and restore access that it removed itself: no [`Action`] adds a
//! scope, a caller, an issuer or an item. What the program switched off stays off. What the operator
//! sets is in the list of `toolgate-store`, which all replicas share.
//!
//! The library `toolgate` implements [`Controls`] (feature `admin`), and the command
//! `toolgate admin` is a client.
//!
//! - [`listen`] serves, and checks each request in this order: the method and the path, `Host`,
//!   `Origin`, the secret, the body
//! - [`AdminSecret`] is compared in constant time; the answer to a wrong secret is delayed
//! - [`Action`] is what a request can ask for

mod action;
mod bearer;
mod controls;
mod error;
mod hosts;
mod ledger;
mod listener;
mod request;
mod response;
mod secret;

pub use action::{Action, ActionError};
pub use controls::{AdminEvent, Controls};
pub use error::ControlError;
pub use ledger::SwitchedOff;
pub use listener::{AdminSettings, listen};
pub use secret::{AdminSecret, SecretError};
