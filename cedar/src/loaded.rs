//! [`Loaded`]: policies that are parsed and validated.

use std::{collections::HashMap, fmt::Write as _, sync::Arc};

use aws_lc_rs::digest::{SHA256, digest};
use cedar_policy::{PolicyId, PolicySet, Schema, ValidationMode, Validator};

/// How many bytes of the hash are the version.
const VERSION: usize = 8;

/// The policies of one version of the file.
pub(crate) struct Loaded {
    pub(crate) policies: PolicySet,
    pub(crate) version: Arc<str>,
    /// The name of each policy: its annotation `@id`, otherwise its number in the file.
    names: HashMap<PolicyId, Arc<str>>,
}

impl Loaded {
    /// Parses policies, and validates them if there is a schema.
    ///
    /// # Errors
    ///
    /// Returns every error.
    pub(crate) fn parse(text: &str, schema: Option<&Schema>) -> Result<Self, Vec<String>> {
        let parsed: Result<PolicySet, _> = text.parse();
        let policies = parsed.map_err(|errors| {
            let each = errors.iter().map(ToString::to_string);
            each.collect::<Vec<_>>()
        })?;
        if let Some(schema) = schema {
            let validated =
                Validator::new(schema.clone()).validate(&policies, ValidationMode::Strict);
            let errors: Vec<_> = validated
                .validation_errors()
                .map(ToString::to_string)
                .collect();
            if !errors.is_empty() {
                return Err(errors);
            }
        }
        let mut version = String::new();
        for byte in digest(&SHA256, text.as_bytes())
            .as_ref()
            .iter()
            .take(VERSION)
        {
            // Writing into memory does not fail.
            let _ = write!(version, "{byte:02x}");
        }
        let name = |id: &PolicyId| match policies.annotation(id, "id") {
            Some(name) => name.into(),
            None => id.to_string().into(),
        };
        let names = policies.policies().map(cedar_policy::Policy::id);
        let names = names.map(|id| (id.clone(), name(id))).collect();
        Ok(Self {
            policies,
            version: version.into(),
            names,
        })
    }

    /// Returns the name of a policy.
    pub(crate) fn name(&self, id: &PolicyId) -> Option<&Arc<str>> {
        self.names.get(id)
    }
}
