// errors: 9
use toolgate::mcp_tool;

/// A space.
#[mcp_tool(scope = "news read")]
fn space() {}

/// A quote.
#[mcp_tool(scopes = ["a", "b\"c"])]
fn quote() {}

/// A backslash.
#[mcp_tool(any_scope = ["a", ["b", "c\\d"]])]
fn backslash() {}

/// A no-break space.
#[mcp_tool(scope = "news\u{a0}read")]
fn no_break_space() {}

/// Not ASCII.
#[mcp_tool(scope = "nöws:read")]
fn umlaut() {}

/// An empty scope.
#[mcp_tool(scope = "")]
fn empty() {}

/// A line break.
#[mcp_tool(scope = "a
b")]
fn line() {}

/// Three scopes in one.
#[mcp_tool(scope = "a b c")]
fn three() {}

/// A space at the end.
#[mcp_tool(any_scope = ["a", ["b", "news "]])]
fn end() {}

fn main() {
    let _ = (space, quote, backslash, no_break_space, umlaut, empty, line, three, end);
}
