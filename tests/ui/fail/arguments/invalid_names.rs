// errors: 7
use toolgate::{mcp_tool, Args};

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Pair {
    a: u8,
}

/// A pattern.
#[mcp_tool(public)]
fn pattern((a, b): (u8, u8)) -> u8 {
    a + b
}

/// No name.
#[mcp_tool(public)]
fn wild(_: u8) {}

/// A name that begins with `_`.
#[mcp_tool(public)]
fn hidden(_ticker: String) {}

/// Two of one name.
#[mcp_tool(public)]
fn same(a: u8, #[arg(rename = "a")] b: u8) -> u8 {
    a + b
}

/// A name that models do not accept.
#[mcp_tool(public)]
fn odd(#[arg(rename = "a b")] a: u8) -> u8 {
    a
}

/// A struct and an argument.
#[mcp_tool(public)]
fn mixed(Args(pair): Args<Pair>, b: u8) -> u8 {
    pair.a + b
}

/// Two structs.
#[mcp_tool(public)]
fn double(Args(a): Args<Pair>, Args(b): Args<Pair>) -> u8 {
    a.a + b.a
}

fn main() {
    let _ = (pattern, wild, hidden, same, odd, mixed, double);
}
