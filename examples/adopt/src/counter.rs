//! A server that uses rmcp alone. Nothing here depends on the gate.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use rmcp::{ServerHandler, handler::server::wrapper::Parameters, tool, tool_handler, tool_router};
use schemars::JsonSchema;
use serde::Deserialize;

/// A count that all clients share.
#[derive(Clone, Default)]
pub(crate) struct Counter(Arc<AtomicI64>);

/// How much to add.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Addition {
    /// May be negative.
    amount: i64,
}

#[tool_router]
impl Counter {
    /// Returns the count.
    #[tool]
    async fn get(&self) -> String {
        self.0.load(Ordering::Relaxed).to_string()
    }

    /// Adds to the count, and returns the new count.
    #[tool]
    async fn add(&self, Parameters(addition): Parameters<Addition>) -> String {
        let before = self.0.fetch_add(addition.amount, Ordering::Relaxed);
        before.wrapping_add(addition.amount).to_string()
    }
}

#[tool_handler]
impl ServerHandler for Counter {}
