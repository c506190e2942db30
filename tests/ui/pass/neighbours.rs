//! Names and values of the users, in addition to those of an expansion.
#![deny(warnings)]

use toolgate::{
    Caller, Scope, ToolSet, auth::AuthorizeError, mcp_tool, mcp_tools, scopes, tools,
};

scopes! {
    /// Every scope.
    mod scope {
        /// Read.
        READ = "read",
    }
}

// Names that an expansion could use.
const ACCESS: Scope = Scope::new("read");
const DEMANDS: &str = "read";
const SCOPES: &str = "read";

/// Named like a type of a list.
#[allow(non_snake_case)]
#[mcp_tool(scope = ACCESS)]
fn Listed() {}

/// Deprecated for its other callers.
#[deprecated]
#[mcp_tool(public)]
fn old(
    #[arg(default = 5_000_000_000)] bytes: u64,
    #[arg(default = [5_000_000_000])] list: Vec<u64>,
    #[arg(default = Some(5_000_000_000))] optional: Option<u64>,
    #[arg(maximum = 340_282_366_920_938_463_463_374_607_431_768_211_455)] large: u128,
) {
    let _ = (bytes, list, optional, large);
}

#[derive(Clone)]
struct Desk;

fn check(_: &Caller) -> Result<(), AuthorizeError> {
    Ok(())
}

#[mcp_tools(declared_scopes = scope::ALL)]
impl Desk {
    const SCOPE: &'static str = "read";

    /// A constant of the type.
    #[mcp_tool(
        scopes = [Self::SCOPE], authorize = check, authorize_scopes = [DEMANDS]
    )]
    #[deprecated]
    fn show(&self) {}
}

fn server<S>(_: impl FnOnce(&mut ToolSet<S>)) {}

fn main() {
    // A local variable with the name of a tool.
    #[allow(non_snake_case)]
    let Listed = SCOPES;
    server::<()>(tools![
        old,
        #[cfg(any())]
        missing,
    ]);
    server::<()>(tools![in scope::ALL; Listed, #[cfg(all())] old_one]);
    server::<Desk>(Desk::tools);
    let _ = Listed;
}

/// Public.
#[mcp_tool(public)]
fn old_one() {}
