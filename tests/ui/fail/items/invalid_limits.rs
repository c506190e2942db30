// errors: 22
//! Rates, counts and times that nobody could use, or that nobody meant.
use toolgate::{access, mcp_prompt, mcp_resource, mcp_tool, mcp_tools};

/// A number without a period.
#[mcp_tool(scope = "a", rate = 10)]
fn number() {}

/// No text.
#[mcp_tool(scope = "a", rate, timeout)]
fn bare() {}

/// Words.
#[mcp_tool(scope = "a", rate = "ten per minute")]
fn words() {}

/// Another period.
#[mcp_tool(scope = "a", rate = "10/day")]
fn day() {}

/// A sign.
#[mcp_tool(scope = "a", rate = "+10/min", timeout = "-5s")]
fn signs() {}

/// Nobody.
#[mcp_tool(scope = "a", rate = "0/min", burst = 0, concurrency = 0, timeout = "0s")]
fn nobody() {}

/// Everybody.
#[mcp_tool(scope = "a", rate = "1000001/s", burst = 1_000_001, concurrency = 9_999_999, timeout = "25h")]
fn everybody() {}

/// More digits than a number has.
#[mcp_tool(scope = "a", rate = "99999999999999999999999/s", timeout = "99999999999999999999999h")]
fn digits() {}

/// A burst of nothing.
#[mcp_resource(uri = "notes://all", scope = "a", burst = 5)]
fn burst() -> String {
    String::new()
}

/// A time without a unit.
#[mcp_prompt(scope = "a", timeout = "30")]
fn unit() -> String {
    String::new()
}

struct Desk;

#[mcp_tools]
impl Desk {
    /// In a block.
    #[mcp_tool(scope = "a", rate = "10 / week")]
    fn week(&self) {}
}

fn main() {
    let _ = access!(refused, rate = "1/s");
    let _ = access!(public, timeout = "1 day");
    let _ = (number, bare, words, day, signs, nobody, everybody, digits, burst, unit);
}
