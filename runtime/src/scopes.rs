//! `scopes!`, which declares the scopes of a server.

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

#[cfg(test)]
mod tests {
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
}
