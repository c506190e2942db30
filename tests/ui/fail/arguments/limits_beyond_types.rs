// errors: 10
use toolgate::mcp_tool;

/// Limits that forbid every value, or change nothing.
#[mcp_tool(public)]
fn limits(
    #[arg(minimum = 300)] a: u8,
    #[arg(maximum = -1)] b: Option<u32>,
    #[arg(maximum = 340282366920938463463374607431768211455)] c: i128,
    #[arg(minimum = -1)] d: u128,
) {
    let _ = (a, b, c, d);
}

/// Numbers that no type holds.
#[mcp_tool(public)]
fn beyond(
    #[arg(maximum = 340282366920938463463374607431768211456)] a: u128,
    #[arg(minimum = -1e400)] b: f64,
) {
    let _ = (a, b);
}

/// Limits at the ends of the types.
#[mcp_tool(public)]
fn ends(
    #[arg(minimum = 0, maximum = 340282366920938463463374607431768211455)] a: u128,
    #[arg(minimum = -170141183460469231731687303715884105728)] b: i128,
    #[arg(default = 5_000_000_000)] c: u64,
) {
    let _ = (a, b, c);
}

macro_rules! family {
    ($name:ident, $default:expr, $limit:literal, $type:ty) => {
        /// A fragment is checked like a written value.
        #[mcp_tool(public)]
        fn $name(#[arg(default = $default, maximum = $limit)] a: $type) {
            let _ = a;
        }
    };
}

family!(default_of_another_type, "ten", 9, u8);
family!(default_beyond_the_type, 256, 255, u8);
family!(default_beyond_the_limit, 10, 9, u8);
family!(limit_beyond_the_type, 1, 256, u8);

fn main() {
    let _ = (limits, beyond, ends, default_of_another_type, default_beyond_the_type);
    let _ = (default_beyond_the_limit, limit_beyond_the_type);
}
