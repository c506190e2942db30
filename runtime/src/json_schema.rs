//! JSON Schema 2020-12, as much of it as describes arguments: compiled once, then asked
//! for each call.
//!
//! What is published is enforced. A keyword that asserts something and is not implemented
//! keeps the server from starting; a keyword that the specification does not know is a note
//! to the reader, as the specification says.

mod assertion;
mod check;
mod compile;
mod document;
mod equality;
mod explain;
mod fault;
mod format;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzed;
mod node;
mod number;
mod pattern;
mod publication;
mod reference;
#[cfg(test)]
mod tests;
mod types;

use serde_json::{Map, Value};

pub(crate) use fault::{Broken, Fault};
use node::{Node, NodeId};
pub(crate) use publication::{publish, publish_shared, publish_with};

/// A schema that can be asked about values.
pub(crate) struct Schema {
    nodes: Vec<Node>,
    root: NodeId,
}

/// What is wrong with a schema, and what mends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SchemaFault {
    pub(crate) what: String,
    pub(crate) remedy: &'static str,
}

impl Schema {
    /// Compiles a schema.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it or not implemented, at once.
    pub(crate) fn compile(schema: &Map<String, Value>) -> Result<Self, Vec<SchemaFault>> {
        let document = Value::Object(schema.clone());
        let (nodes, root) = compile::compile(&document)?;
        Ok(Self { nodes, root })
    }

    /// Whether a value keeps every rule. No value makes this slow: what takes too many
    /// steps does not keep them.
    pub(crate) fn is_valid(&self, value: &Value) -> bool {
        let check = check::Check::new(&self.nodes);
        check.is_valid(self.root, value) && !check.is_exhausted()
    }

    /// Which rules a value breaks, up to `most`. Empty for a valid value, and for no other.
    pub(crate) fn faults(&self, value: &Value, most: usize) -> Vec<Fault> {
        if self.is_valid(value) {
            return Vec::new();
        }
        let mut faults = explain::explain(&self.nodes, self.root, value, most);
        if faults.is_empty() {
            faults.push(Fault::too_complicated());
        }
        faults
    }
}
