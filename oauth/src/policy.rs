//! The decision point of a program: an engine that decides about operations after every other
//! check.
//!
//! - `request`: the question; `item`: a registered item, as a decision point gets it at the start
//! - `decision`: the answer; `error`: why there is no answer
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
