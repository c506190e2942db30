// errors: 6
use toolgate::{mcp_resource, resources, Caller, State};

struct Opaque;

/// A variable that cannot be parsed from a string.
#[mcp_resource(uri = "notes://{id}", public)]
fn variable(id: Opaque) -> String {
    let _ = id;
    String::new()
}

/// A result that is not contents.
#[mcp_resource(uri = "notes://all", public)]
fn result() -> u8 {
    7
}

/// There may be no caller.
#[mcp_resource(uri = "notes://mine", public)]
fn mine(caller: Caller) -> String {
    caller.issuer().to_owned()
}

fn numbers(begun: &str) -> u8 {
    begun.len() as u8
}

async fn borrowed(begun: &str) -> Vec<String> {
    vec![begun.to_owned()]
}

fn other_state(begun: &str, State(_): State<u8>) -> Vec<String> {
    vec![begun.to_owned()]
}

/// Completed by something other than values.
#[mcp_resource(uri = "notes://a/{id}", public)]
fn no_values(#[arg(complete = numbers)] id: String) -> String {
    id
}

/// Completed by an `async` function that borrows.
#[mcp_resource(uri = "notes://b/{id}", public)]
fn waits(#[arg(complete = borrowed)] id: String) -> String {
    id
}

/// Completed with an extractor that the resource does not take.
#[mcp_resource(uri = "notes://c/{id}", public)]
fn takes_more(#[arg(complete = other_state)] id: String) -> String {
    id
}

fn server(_: impl FnOnce(&mut toolgate::ResourceSet<()>)) {}

fn main() {
    server(resources![variable, result, mine, no_values, waits, takes_more]);
}
