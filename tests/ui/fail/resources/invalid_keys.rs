// errors: 11
use toolgate::mcp_resource;

/// Without a URI.
#[mcp_resource(public)]
fn no_uri() -> String {
    String::new()
}

/// Without a scheme.
#[mcp_resource(uri = "notes", public)]
fn no_scheme() -> String {
    String::new()
}

/// With a space.
#[mcp_resource(uri = "notes://my list", public)]
fn space() -> String {
    String::new()
}

/// With a missing brace.
#[mcp_resource(uri = "notes://{id", public)]
fn open() -> String {
    String::new()
}

/// With an operator of RFC 6570 that is not supported.
#[mcp_resource(uri = "notes://all{?q}", public)]
fn query() -> String {
    String::new()
}

/// Without access.
#[mcp_resource(uri = "notes://all")]
fn no_access() -> String {
    String::new()
}

/// A template has no size.
#[mcp_resource(uri = "notes://{id}", public, size = 7)]
fn size(id: u8) -> String {
    id.to_string()
}

/// Not a media type.
#[mcp_resource(uri = "notes://all", public, mime_type = "markdown")]
fn mime_type() -> String {
    String::new()
}

/// A key for tools only.
#[mcp_resource(uri = "notes://all", public, read_only)]
fn hint() -> String {
    String::new()
}

/// A rule for tools only.
#[mcp_resource(uri = "notes://{id}", public)]
fn rule(#[arg(minimum = 1)] id: u8) -> String {
    id.to_string()
}

#[mcp_resource(uri = "notes://all", public)]
fn undescribed() -> String {
    String::new()
}

fn main() {
    let _ = (no_uri, no_scheme, space, open, query, no_access, size, mime_type, hint, rule, undescribed);
}
