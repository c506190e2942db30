// errors: 8
use toolgate::mcp_tool;

/// A missing letter, so no access is declared.
#[mcp_tool(scop = "a")]
fn letter() {}

/// As the protocol spells it.
#[mcp_tool(public, read_only_hint = true, destructiv = false)]
fn hint() {}

/// No similar key.
#[mcp_tool(public, priority = 1)]
fn dissimilar() {}

/// Not a flag.
#[mcp_tool(public, read_only = "yes")]
fn flag() {}

/// A contradiction.
#[mcp_tool(public, read_only, destructive)]
fn contradiction() {}

/// A comma is missing.
#[mcp_tool(public read_only)]
fn comma() {}

/// A dash.
#[mcp_tool(scope = "a", step-up)]
fn dash() {}

fn main() {
    let _ = (dash, letter, hint, dissimilar, flag, contradiction, comma);
}
