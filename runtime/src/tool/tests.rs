use toolgate::{
    Args, Caller, Context, FromRef, Json, State, ToolError, mcp_tool, mcp_tools, tools,
};

/// Adds two numbers.
#[mcp_tool(public, read_only)]
fn add(
    /// The first.
    a: i64,
    /// The second.
    #[arg(default = 7, maximum = 10)]
    b: i64,
) -> i64 {
    a + b
}

#[derive(Clone)]
struct Db;

/// Greets.
#[mcp_tool(scope = "a", title = "X")]
async fn greet(
    State(_db): State<Db>,
    caller: Caller,
    name: Option<String>,
) -> Result<String, ToolError> {
    Ok(format!("{name:?} {:?}", caller.subject()))
}

struct Desk;

#[mcp_tools]
impl Desk {
    /// Lists.
    #[mcp_tool(authenticated)]
    async fn list(&self, #[arg(pattern = "^a+$")] x: String) -> &'static str {
        let _ = x;
        "x"
    }
}
