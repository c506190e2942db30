//! Asking the client while a request runs: input from the user, a completion of the client's
//! model, its roots.
//!
//! An item takes a [`Round`] as a parameter and returns a [`Reply`]: either its result, or an
//! [`InputRequired`] with questions. The client answers in its next request of the same call; no
//! state stays on the server in between.

pub use crate::item::{
    ClientCapability, Elicited, InputRequired, Reply, Root, Round, Sample, Sampled,
};
