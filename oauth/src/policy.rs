//! The decision point of a program: an engine that decides about operations after every other
//! check.
//!
//! - `request`: what it is asked; `item`: the items that it is asked about
//! - `decision`: what it answers; `error`: why it does not
//! - `point`: the trait

mod decision;
mod erased_point;
mod error;
mod item;
mod point;
mod request;

pub use decision::PolicyDecision;
pub use erased_point::ErasedDecisionPoint;
pub use error::{PolicyError, PolicySetupError};
pub use item::{PolicyArgument, PolicyItem};
pub use point::PolicyDecisionPoint;
pub use request::{PolicyKind, PolicyRequest, PolicyResource};
pub use toolgate_core::authorization::Effect;
