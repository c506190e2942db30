// errors: 5
use toolgate::{mcp_resource, mcp_tools, State};

/// A parameter without a variable.
#[mcp_resource(uri = "notes://{id}", public)]
fn other(id: u32, idd: u32) -> String {
    format!("{id} {idd}")
}

/// A variable without a parameter.
#[mcp_resource(uri = "notes://{list}/{id}", public)]
fn missing(id: u32) -> String {
    id.to_string()
}

/// Misspelled, so both.
#[mcp_resource(uri = "notes://{+path}", public)]
fn both(State(_): State<u8>, pth: String) -> String {
    pth
}

/// No variable at all.
#[mcp_resource(uri = "notes://all", public)]
fn none(id: u32) -> String {
    id.to_string()
}

struct Desk;

#[mcp_tools]
impl Desk {
    /// The same for a method.
    #[mcp_resource(uri = "notes://{id}", public)]
    fn method(&self) -> &'static str {
        "all"
    }
}

fn main() {
    let _ = (other, missing, both, none, Desk::method, Desk::resources::<std::sync::Arc<Desk>>);
}
