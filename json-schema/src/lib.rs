//! Validates tool arguments by JSON Schema 2020-12: compiled once, checked for each call.
//!
//! The server enforces the schema that it publishes. An assertion keyword that is not
//! implemented prevents the start. `format`, and a keyword that the specification does not
//! define, are annotations, as the specification says: a format is enforced by the Rust type
//! that parses the argument, or by `pattern`.

mod assertion;
mod branch;
mod compile;
mod constants;
mod equality;
mod error_report;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzed;
mod members;
mod node;
mod number;
mod pattern;
mod publication;
mod reference;
mod schema_document;
#[cfg(test)]
mod tests;
mod types;
mod validate;
mod validation_error;

use serde_json::{Map, Value};

pub use members::{properties, without_null};
use node::{Node, NodeId};
pub use publication::{publish, publish_shared, publish_with};
pub use validation_error::{ValidationError, ValidationErrorKind};

/// A compiled schema.
pub struct Schema {
    nodes: Vec<Node>,
    root: NodeId,
}

/// What is wrong with a schema, and how to fix it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaError {
    /// What is wrong, with the place in the schema.
    pub what: String,
    /// How to fix it.
    pub remedy: &'static str,
}

impl Schema {
    /// Compiles a schema.
    ///
    /// # Errors
    ///
    /// All errors of the schema, and all keywords that are not implemented.
    pub fn compile(schema: &Map<String, Value>) -> Result<Self, Vec<SchemaError>> {
        let document = Value::Object(schema.clone());
        let (nodes, root) = compile::compile(&document)?;
        Ok(Self { nodes, root })
    }

    /// Returns whether a value is valid. The number of steps is limited: a value that takes
    /// too many is invalid.
    pub fn is_valid(&self, value: &Value) -> bool {
        let check = validate::Check::new(&self.nodes);
        check.is_valid(self.root, value) && !check.is_exhausted()
    }

    /// Returns the rules that a value breaks, up to `most`. Empty if and only if the value
    /// is valid.
    pub fn errors(&self, value: &Value, most: usize) -> Vec<ValidationError> {
        if self.is_valid(value) {
            return Vec::new();
        }
        let mut errors = error_report::explain(&self.nodes, self.root, value, most);
        if errors.is_empty() {
            errors.push(ValidationError::too_complicated());
        }
        errors
    }
}
