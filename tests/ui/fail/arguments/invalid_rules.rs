// errors: 23
use toolgate::mcp_tool;

/// Rules that do not apply to the type.
#[mcp_tool(public)]
fn fit(
    #[arg(minimum = 1)] a: String,
    #[arg(max_length = 1)] b: u32,
    #[arg(pattern = "a")] c: Option<bool>,
    #[arg(header = "Ratio")] d: f64,
    #[arg(minimum = 1)] e: Vec<u8>,
) {
    let _ = (a, b, c, d, e);
}

/// Rules that allow no value.
#[mcp_tool(public)]
fn nothing(
    #[arg(minimum = 2, maximum = 1)] a: u32,
    #[arg(min_length = 2, max_length = 1)] b: String,
) {
    let _ = (a, b);
}

/// Defaults that break the rules.
#[mcp_tool(public)]
fn defaults(
    #[arg(default = "ten")] a: u32,
    #[arg(default = 10)] b: String,
    #[arg(default = 10, maximum = 9)] c: u8,
    #[arg(default = -1)] d: u8,
    #[arg(default = 256)] e: Option<u8>,
    #[arg(default = "abc", max_length = 2)] f: String,
    #[arg(default = 1)] g: bool,
) {
    let _ = (a, b, c, d, e, f, g);
}

/// Invalid patterns.
#[mcp_tool(public)]
fn patterns(
    #[arg(pattern = "^[A-Z$")] a: String,
    #[arg(pattern = "(?=a)b")] b: String,
    #[arg(pattern = "*")] c: String,
    #[arg(pattern = r"^\p{L}+$")] d: String,
    #[arg(pattern = "[z-a]")] e: String,
) {
    let _ = (a, b, c, d, e);
}

/// Invalid headers.
#[mcp_tool(public)]
fn headers(
    #[arg(header = "My Region")] a: String,
    #[arg(header = "Zone")] b: String,
    #[arg(header = "ZONE")] c: String,
) {
    let _ = (a, b, c);
}

/// Unknown keys.
#[mcp_tool(public)]
fn key(#[arg(min = 1)] a: u32, #[arg(description = "A number.")] b: u32) {
    let _ = (a, b);
}

fn main() {
    let _ = (fit, nothing, defaults, patterns, headers, key);
}
