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
pub(crate) mod fuzzed;
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

pub(crate) use members::{properties, without_null};
use node::{Node, NodeId};
pub(crate) use publication::{publish, publish_shared, publish_with};
pub(crate) use validation_error::{ValidationError, ValidationErrorKind};

/// A compiled schema.
pub(crate) struct Schema {
    nodes: Vec<Node>,
    root: NodeId,
}

/// What is wrong with a schema, and how to fix it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SchemaError {
    pub(crate) what: String,
    pub(crate) remedy: &'static str,
}

impl Schema {
    /// Compiles a schema.
    ///
    /// # Errors
    ///
    /// All errors of the schema, and all keywords that are not implemented.
    pub(crate) fn compile(schema: &Map<String, Value>) -> Result<Self, Vec<SchemaError>> {
        let document = Value::Object(schema.clone());
        let (nodes, root) = compile::compile(&document)?;
        Ok(Self { nodes, root })
    }

    /// Returns whether a value is valid. The number of steps is limited: a value that takes
    /// too many is invalid.
    pub(crate) fn is_valid(&self, value: &Value) -> bool {
        let check = validate::Check::new(&self.nodes);
        check.is_valid(self.root, value) && !check.is_exhausted()
    }

    /// Returns the rules that a value breaks, up to `most`. Empty if and only if the value
    /// is valid.
    pub(crate) fn errors(&self, value: &Value, most: usize) -> Vec<ValidationError> {
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
