//! The declared scopes of a server, each once and with a description.

use super::Scope;

/// A scope with a description for users, shown on the consent page and on the server's own
/// page. [`scopes!`](crate::scopes) builds them.
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

/// Declares every scope of a server once, each with a description.
///
/// ```
/// use toolgate::{mcp_tool, scopes, tools};
///
/// scopes! {
///     /// What a token for this server can allow.
///     pub mod scope {
///         /// Read your lists.
///         READ = "todo:read",
///         /// Add to your lists, and tick things off.
///         WRITE = "todo:write",
///     }
/// }
///
/// /// Lists what is to do.
/// #[mcp_tool(scope = scope::READ)]
/// fn list_todos() {}
///
/// let tools = tools![in scope::ALL; list_todos];
/// # let _ = toolgate::Server::new("todo").tools(tools);
/// assert_eq!(scope::ALL[0].scope(), scope::READ);
/// assert_eq!(scope::ALL[0].description(), "Read your lists.");
/// ```
///
/// A tool names a scope by its constant, so a misspelled name does not compile. A string
/// literal compiles by itself, because its vocabulary is known only where the tools are
/// listed. There, `tools![in scope::ALL; …]`, or `#[mcp_tools(declared_scopes = scope::ALL)]` on
/// a block of methods, makes an undeclared scope a compile error, however it was named.
#[macro_export]
macro_rules! scopes {
    ($($declaration:tt)*) => {
        $crate::__private::scopes! { $crate $($declaration)* }
    };
}

/// Returns whether the declared scopes include a scope.
pub(crate) const fn declares(declared_scopes: &[ScopeDescription], scope: Scope) -> bool {
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

    crate::scopes! {
        /// Some.
        mod scope {
            /// Read your
            /// lists.
            READ = "list:read",
            /// Change them.
            WRITE = "list:write"
        }
    }

    #[test]
    fn what_is_declared_has_a_name_and_a_description() {
        let all: Vec<_> = scope::ALL
            .iter()
            .map(|one| (one.scope(), one.description()))
            .collect();
        assert_eq!(
            all,
            [
                (scope::READ, "Read your lists."),
                (scope::WRITE, "Change them.")
            ]
        );
    }

    #[test]
    fn a_scope_is_declared_whole_or_not_at_all() {
        assert!(declares(scope::ALL, Scope::new("list:write")));
        for other in ["list:writ", "list:writes", "list:rite", "List:write"] {
            assert!(!declares(scope::ALL, Scope::new(other)), "{other}");
        }
        assert!(!declares(&[], scope::READ));
    }
}
