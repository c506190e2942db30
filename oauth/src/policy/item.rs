//! [`PolicyItem`]: an item that a decision point is asked about.

use serde_json::Value;

use super::PolicyKind;

/// A registered tool, prompt or resource, as a decision point learns of it at the start.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyItem {
    kind: PolicyKind,
    name: String,
    arguments: Vec<PolicyArgument>,
}

/// An argument that a decision point gets.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyArgument {
    name: String,
    schema: Value,
}

impl PolicyItem {
    /// Describes an item. `name` is the name of a tool or a prompt, or the URI or the template of a
    /// resource.
    pub fn new(kind: PolicyKind, name: impl Into<String>) -> Self {
        Self {
            kind,
            name: name.into(),
            arguments: Vec::new(),
        }
    }

    /// Adds an argument that the decision point gets, with its JSON Schema.
    #[must_use]
    pub fn with_argument(mut self, name: impl Into<String>, schema: Value) -> Self {
        self.arguments.push(PolicyArgument {
            name: name.into(),
            schema,
        });
        self
    }

    /// Returns its kind.
    #[must_use]
    pub fn kind(&self) -> PolicyKind {
        self.kind
    }

    /// Returns its name, its URI or its template.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the arguments that the decision point gets.
    #[must_use]
    pub fn arguments(&self) -> &[PolicyArgument] {
        &self.arguments
    }
}

impl PolicyArgument {
    /// Returns its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns its JSON Schema.
    #[must_use]
    pub fn schema(&self) -> &Value {
        &self.schema
    }
}
