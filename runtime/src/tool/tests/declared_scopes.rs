//! Tools in the words of a vocabulary.

use super::*;
use crate::item::AuthorizeError;

crate::scopes! {
    /// What a token can allow.
    mod scope {
        /// Read.
        READ = "read",
        /// Write.
        WRITE = "write",
    }
}

/// By its constant.
#[mcp_tool(scopes = [scope::READ, "write"])]
fn both() {}

/// By nothing.
#[mcp_tool(public)]
fn free() {}

struct House;

#[mcp_tools(declared_scopes = scope::ALL)]
impl House {
    /// By a text.
    #[mcp_tool(any_scope = ["read", scope::WRITE], authorize = Self::may, authorize_scopes = [scope::WRITE])]
    fn show() {}

    fn may(_: &Caller) -> Result<(), AuthorizeError> {
        Ok(())
    }
}

#[test]
fn tools_that_keep_to_it_are_listed_as_ever() {
    let desk = desk((), |set| {
        (tools![in scope::ALL; both, free])(set);
        House::tools(set);
    });
    let names: Vec<_> = desk.tools.iter().map(Item::name).collect();
    assert_eq!(names, ["both", "free", "show"]);
    assert_eq!(
        desk.tool("show").requirement(),
        Requirement::Scopes(&[&[scope::READ], &[scope::WRITE]])
    );
    assert_eq!(desk.tool("show").authorize_scopes(), [scope::WRITE]);
}
