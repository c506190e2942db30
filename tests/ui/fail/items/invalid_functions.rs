// errors: 10
use toolgate::mcp_tool;

/// Generic.
#[mcp_tool(public)]
fn generic<T: ToString>(a: String) -> String
where
    T: Clone,
{
    a
}

/// Unsafe.
#[mcp_tool(public)]
unsafe fn dangerous() {}

/// Foreign.
#[mcp_tool(public)]
extern "C" fn foreign() {}

#[mcp_tool(public)]
fn silent() {}

/// Twice.
#[mcp_tool(public)]
#[mcp_tool(public)]
fn twice() {}

/// An invalid name.
#[mcp_tool(public, name = "two words")]
fn words() {}

/// An empty title.
#[mcp_tool(public, title = "", icons = ["javascript:alert(1)"])]
fn empty() {}

/// A conditional parameter.
#[mcp_tool(public)]
fn at_times(#[cfg(test)] a: u8) {
    let _ = a;
}

fn main() {
    let _ = (generic::<u8>, dangerous as unsafe fn(), foreign as extern "C" fn(), silent, twice, words, empty, at_times);
}
