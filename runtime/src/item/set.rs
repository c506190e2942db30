//! [`ItemSet`]: which items of one kind a server has.

use std::any::TypeId;

use super::{Definition, Item, ItemDeclaration, Kind, KindParts};
use crate::{error::SetupErrors, scope::Scope};

/// Collects the items of one kind, for a server whose state is `S`.
///
/// Registration is explicit: one line of source lists what a server exposes. A module can
/// offer its items as a function that takes `&mut ToolSet<S>`, `&mut PromptSet<S>` or
/// `&mut ResourceSet<S>`.
pub struct ItemSet<S, K: Kind> {
    definitions: Vec<Definition<S, K>>,
    errors: SetupErrors,
}

impl<S, K: Kind> ItemSet<S, K> {
    pub(crate) fn new() -> Self {
        Self {
            definitions: Vec::new(),
            errors: SetupErrors::default(),
        }
    }

    /// Adds the item that an attribute declared on the function of this name.
    ///
    /// Two items of one kind that have the same name or URI are an error at start-up. So is a
    /// resource template whose URIs all belong to a template before it.
    pub fn add<T: ItemDef<S, K>>(&mut self) {
        self.push(T::definition());
    }

    /// Adds an item. Adds an error if `function` is not the function of the item: one path can name
    /// a function without the attribute and, through a glob import, the item type of another
    /// function.
    pub(crate) fn add_listed<T: ItemDef<S, K>>(&mut self, path: &str, function: TypeId) {
        if T::function() != function {
            self.errors.add(
                format!("`{path}` in a list names two items: a function without toolgate's attribute, and another function with it, which has the same name"),
                "put the attribute on the function, or list the other one by the path of its own module",
            );
        }
        self.add::<T>();
    }

    /// Adds an item by its definition. Expansions call this.
    #[doc(hidden)]
    pub fn push(&mut self, definition: Definition<S, K>) {
        self.definitions.push(definition);
    }

    /// Returns the address, the declaration, whether it has an `authorize` function, and the scopes
    /// that it may demand by its arguments, of each item.
    pub(crate) fn declared(
        &self,
    ) -> impl Iterator<Item = (&'static str, &ItemDeclaration, bool, &'static [Scope])>
    where
        K: KindParts,
    {
        self.definitions.iter().map(|one| {
            let address = K::address(&one.declaration, &one.parameters);
            let address = address.map_or(one.declaration.name, |address| K::address_text(&address));
            (
                address,
                &one.declaration,
                one.authorize.is_some(),
                one.authorize_scopes,
            )
        })
    }

    /// Builds every item, ordered and numbered in that order. Errors are added to `faults`.
    pub(crate) fn finish(self, faults: &mut SetupErrors) -> Vec<Item<S, K>>
    where
        S: Send + 'static,
        K: KindParts,
    {
        faults.append(self.errors);
        let mut addressed = Vec::with_capacity(self.definitions.len());
        for definition in self.definitions {
            match K::address(&definition.declaration, &definition.parameters) {
                Ok(address) => addressed.push((address, definition)),
                Err((what, remedy)) => faults.add(what, remedy),
            }
        }
        // Stable: the order of registration decides between templates.
        addressed.sort_by(|(one, _), (other, _)| K::order(one, other));
        for (number, (address, _)) in addressed.iter().enumerate() {
            let first = if K::COMPARES_ALL {
                0
            } else {
                number.saturating_sub(1)
            };
            let earlier = addressed.iter().take(number).skip(first);
            for (what, remedy) in earlier.filter_map(|(one, _)| K::conflict(one, address)) {
                faults.add(what, remedy);
            }
        }
        let mut items = Vec::with_capacity(addressed.len());
        for ((address, definition), index) in addressed.into_iter().zip(0..) {
            items.push(Item::build(definition, address, index, faults));
        }
        items
    }
}

impl<S: Clone + Send + Sync + 'static, K: Kind> ItemSet<S, K> {
    /// Returns the set with the state applied to each item.
    pub(crate) fn with_state_applied(self, state: &S) -> ItemSet<(), K> {
        let definitions = self.definitions.into_iter();
        ItemSet {
            definitions: definitions
                .map(|one| one.with_state_applied(state.clone()))
                .collect(),
            errors: self.errors,
        }
    }
}

impl<S, K: Kind> std::fmt::Debug for ItemSet<S, K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = self.definitions.iter().map(|one| one.declaration.name);
        f.debug_set().entries(names).finish()
    }
}

/// An item of kind `K` for servers whose state is `S`. Only the attributes `#[mcp_tool]`,
/// `#[mcp_prompt]` and `#[mcp_resource]` implement it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `{K}` for a server whose state is `{S}`",
    label = "not declared with toolgate's attribute for a `{K}`",
    note = "put `#[toolgate::mcp_tool(…)]`, `#[toolgate::mcp_prompt(…)]` or `#[toolgate::mcp_resource(…)]` on the function; other crates have attributes with these names, so check the `use`"
)]
pub trait ItemDef<S, K: Kind> {
    /// Returns what the expansion states about the function.
    #[doc(hidden)]
    fn definition() -> Definition<S, K>;

    /// Returns what distinguishes the function from every other one.
    #[doc(hidden)]
    fn function() -> TypeId;
}

/// The items of kind `K` of one `#[mcp_tools] impl`, whose number is `BLOCK`.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "the methods of `{Self}` cannot be registered on a server whose state is `{S}`",
    note = "methods with `&self` need `Arc<{Self}>: FromRef<{S}>`: make the state an `Arc<{Self}>`, or implement `FromRef`"
)]
pub trait ItemGroup<S, K: Kind, const BLOCK: u64> {
    /// Adds each of them.
    fn register(set: &mut ItemSet<S, K>);
}

#[cfg(test)]
mod tests;
