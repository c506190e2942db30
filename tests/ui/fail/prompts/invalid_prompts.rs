// errors: 8
use toolgate::{mcp_prompt, mcp_tool, Args};

struct Opaque;

/// An argument that cannot be parsed from a string.
#[mcp_prompt(public)]
fn argument(list: Vec<String>, opaque: Opaque) -> String {
    let _ = (list, opaque);
    String::new()
}

/// A result that is not messages.
#[mcp_prompt(public)]
fn result() -> u8 {
    7
}

/// A whole struct.
#[mcp_prompt(public)]
fn whole(Args(all): Args<Vec<String>>) -> String {
    all.concat()
}

/// No access.
#[mcp_prompt]
fn silent() -> String {
    String::new()
}

/// A tool and a prompt.
#[mcp_tool(public)]
#[mcp_prompt(public)]
fn twice() -> String {
    String::new()
}

/// Not a function.
#[mcp_prompt(public)]
struct Item;

/// Completed by a string.
#[mcp_prompt(public)]
fn text(#[arg(complete = "names")] name: String) -> String {
    name
}

#[mcp_prompt(public)]
fn undescribed() -> String {
    String::new()
}

fn main() {
    let _ = (argument, result, whole, silent, twice, text, undescribed, Item);
}
