//! The declared scopes of a server, each once and with a description.

use super::Scope;

/// A scope with a description for users, shown on the consent page and on the server's own
/// page. `toolgate::scopes!` builds them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScopeDescription {
    scope: Scope,
    description: &'static str,
}

impl ScopeDescription {
    /// Builds the description of a scope: a sentence for the user who is asked to grant it.
    #[must_use]
    pub const fn new(scope: Scope, description: &'static str) -> Self {
        Self { scope, description }
    }

    /// Returns the scope.
    #[must_use]
    pub const fn scope(&self) -> Scope {
        self.scope
    }

    /// Returns the description.
    #[must_use]
    pub fn description(&self) -> &'static str {
        self.description.trim()
    }
}

/// Returns whether the declared scopes include a scope.
pub const fn declares(declared_scopes: &[ScopeDescription], scope: Scope) -> bool {
    let mut at = 0;
    while at < declared_scopes.len() {
        if is_same(declared_scopes[at].scope, scope) {
            return true;
        }
        at += 1;
    }
    false
}

/// Equality that works in a `const`.
const fn is_same(one: Scope, other: Scope) -> bool {
    let (one, other) = (one.as_str().as_bytes(), other.as_str().as_bytes());
    if one.len() != other.len() {
        return false;
    }
    let mut at = 0;
    while at < one.len() {
        if one[at] != other[at] {
            return false;
        }
        at += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    const READ: Scope = Scope::new("list:read");
    const ALL: &[ScopeDescription] = &[
        ScopeDescription::new(READ, " Read your\n lists."),
        ScopeDescription::new(Scope::new("list:write"), "Change them."),
    ];

    #[test]
    fn a_scope_is_declared_whole_or_not_at_all() {
        assert!(declares(ALL, Scope::new("list:write")));
        for other in ["list:writ", "list:writes", "list:rite", "List:write"] {
            assert!(!declares(ALL, Scope::new(other)), "{other}");
        }
        assert!(!declares(&[], READ));
    }
}
