//! Who may use which item of a handler.

use crate::{
    authorization::Target,
    gate::AuthorizingItems,
    server::{access_table::AccessTable, registry::ItemAccessRegistry},
};

use super::{HandlerGate, handler_authorize::HandlerFunctions};

impl HandlerGate {
    /// Returns who may use which item, as it was declared. Its text is stable: keep it as a
    /// snapshot, so that a change of access is visible in a review.
    ///
    /// ```
    /// # use toolgate::{Config, access, gate::HandlerGate};
    /// # tokio::runtime::Runtime::new().unwrap().block_on(async {
    /// let config = Config::new("https://counter.example/mcp").with_issuer("https://as.example");
    /// let gate = HandlerGate::builder("counter")
    ///     .without_banner()
    ///     .tool("add", access!(scope = "counter:write", step_up))
    ///     .build_unseen(config)
    ///     .unwrap();
    /// assert_eq!(gate.access_table().to_string(), "tool add: counter:write; at first use\n");
    /// # });
    /// ```
    #[must_use]
    pub fn access_table(&self) -> &AccessTable {
        &self.0.access
    }
}

/// Adds the offered items of a handler to a table.
pub(super) fn with_offered(
    table: AccessTable,
    offered: &ItemAccessRegistry,
    functions: Option<&HandlerFunctions>,
) -> AccessTable {
    let has = |target| functions.is_some_and(|functions| functions.has_authorize(target));
    let tools = (0..).zip(&offered.tools);
    let prompts = (0..).zip(&offered.prompts);
    let resources = (0..).zip(&offered.resources);
    table
        .with_terms(
            "tool",
            tools.map(|(number, (name, terms))| (&**name, terms, has(Target::Tool(number)))),
        )
        .with_terms(
            "prompt",
            prompts.map(|(number, (name, terms))| (&**name, terms, has(Target::Prompt(number)))),
        )
        .with_terms(
            "resource",
            resources.map(|(number, (pattern, terms))| {
                (pattern.as_str(), terms, has(Target::Resource(number)))
            }),
        )
}
