//! [`Loaded`]: policies that are parsed and validated.

use std::{collections::HashMap, fmt::Write as _, sync::Arc};

use aws_lc_rs::digest::{SHA256, digest};
use cedar_policy::{Effect, Policy, PolicyId, PolicySet, Schema, ValidationMode, Validator};
use foldhash::fast::RandomState;

/// How many bytes of the hash are the version.
const VERSION: usize = 8;

/// The policies of one version of the file.
pub(crate) struct Loaded {
    pub(crate) policies: PolicySet,
    pub(crate) version: Arc<str>,
    names: HashMap<PolicyId, Named, RandomState>,
}

/// The texts about a policy in decisions.
pub(crate) struct Named {
    /// Its annotation `@id`, otherwise its number in the file.
    pub(crate) name: Arc<str>,
    /// The reason of a decision that this policy alone determines.
    pub(crate) reason: Arc<str>,
}

impl Named {
    fn new(policy: &Policy) -> Self {
        let name: Arc<str> = match policy.annotation("id") {
            Some(name) => name.into(),
            None => policy.id().to_string().into(),
        };
        let reason = reason(policy.effect(), &[&name]).into();
        Self { name, reason }
    }
}

/// Returns the reason of a decision that these policies determine.
pub(crate) fn reason(effect: Effect, names: &[&str]) -> String {
    let verb = match effect {
        Effect::Permit => "permitted by ",
        Effect::Forbid => "forbidden by ",
    };
    [verb, &names.join(", ")].concat()
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
        let names = policies.policies();
        let names = names.map(|policy| (policy.id().clone(), Named::new(policy)));
        let names = names.collect();
        Ok(Self {
            policies,
            version: version.into(),
            names,
        })
    }

    /// Returns the name and the reason of a policy.
    pub(crate) fn named(&self, id: &PolicyId) -> Option<&Named> {
        self.names.get(id)
    }
}
