//! The scopes that a server requires, compared with the list that its author declares.

use crate::{
    error::SetupErrors,
    scope::{ScopeDescription, ScopeTable},
};

use super::registry::DescribedScope;

/// Returns the scopes that items require, each with its description if the author has one.
pub(super) fn described(
    declared_scopes: &[ScopeDescription],
    table: &ScopeTable,
) -> Vec<DescribedScope> {
    let description = |name: &str| {
        let known = declared_scopes
            .iter()
            .find(|one| one.scope().as_str() == name);
        known.map(ScopeDescription::description)
    };
    table
        .names(table.required())
        .map(|name| (name, description(name)))
        .collect()
}

/// Reports required scopes that the vocabulary does not declare: the vocabulary is a closed
/// list, so such a scope is a mistake.
pub(super) fn undeclared(
    declared_scopes: &[ScopeDescription],
    table: &ScopeTable,
    faults: &mut SetupErrors,
) {
    if declared_scopes.is_empty() {
        return;
    }
    for (name, description) in described(declared_scopes, table) {
        if description.is_none() {
            faults.add(
                format!("the scope `{name}` is required, and the vocabulary does not declare it"),
                "correct its spelling, or add it to `scopes!`",
            );
        }
    }
}
