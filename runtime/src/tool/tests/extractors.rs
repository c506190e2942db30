use super::*;

#[derive(Clone)]
struct Feed(&'static str);

#[derive(Clone)]
struct App {
    feed: Feed,
}

impl FromRef<App> for Feed {
    fn from_ref(app: &App) -> Self {
        app.feed.clone()
    }
}

struct Tenant(String);

impl<S> FromCall<S> for Tenant {
    const NEEDS_CONTEXT: bool = false;

    fn from_call(call: &mut Call<S>) -> Result<Self, ToolError> {
        // The arguments are still there, whatever the order of the parameters.
        assert!(call.arguments().contains_key("note") || call.tool() != "tenant");
        let caller = call.caller().ok_or_else(|| ToolError::new("no caller"))?;
        let tenant = caller.claim_as("tenant")?;
        tenant
            .map(Tenant)
            .ok_or_else(|| ToolError::new("no tenant"))
    }
}

struct Anything;

impl<S> FromCall<S> for Anything {
    fn from_call(_: &mut Call<S>) -> Result<Self, ToolError> {
        Err(ToolError::new("not today"))
    }
}

/// Says what it has.
#[mcp_tool(public)]
fn state(State(feed): State<Feed>, State(app): State<App>) -> String {
    format!("{} {}", feed.0, app.feed.0)
}

/// Says who calls.
#[mcp_tool(scope = "read")]
async fn whoami(caller: Caller) -> String {
    format!(
        "{:?} {} {:?} {:?} {} {} {:?} {:?} {}",
        caller.subject(),
        caller.issuer(),
        caller.client_id(),
        caller.scopes().collect::<Vec<_>>(),
        caller.has("write"),
        caller.has("writ"),
        caller.claim("level"),
        caller
            .claim_as::<String>("level")
            .map_err(|error| error.to_string()),
        caller.expires_at().seconds(),
    )
}

/// Says whether somebody calls.
#[mcp_tool(public)]
fn perhaps(caller: Option<Caller>) -> bool {
    caller.is_some()
}

/// Names the tenant.
#[mcp_tool(authenticated)]
fn tenant(
    /// A note.
    note: String,
    #[extract] Tenant(name): Tenant,
) -> String {
    format!("{name} {note}")
}

/// Has what cannot be had.
#[mcp_tool(public)]
fn never(#[extract] _: Anything) -> &'static str {
    "it ran"
}

/// Needs a context.
#[mcp_tool(public)]
async fn contextual(context: Context) -> String {
    context.progress(0.5, None, None).await;
    context.request_id().to_string()
}

type Who = Caller;

/// Needs a caller, and does not say so.
#[mcp_tool(public)]
fn disguised(#[extract] who: Who) -> bool {
    who.has("x")
}

fn all() -> Desk<App> {
    desk(
        App {
            feed: Feed("sample"),
        },
        tools![state, whoami, perhaps, tenant, never, contextual],
    )
}

#[tokio::test]
async fn state_is_had_in_parts_and_as_a_whole() {
    assert_eq!(all().text("state", json!({})).await, "sample sample");
}

#[tokio::test]
async fn the_caller_is_who_the_token_says() {
    assert_eq!(
        all().text("whoami", json!({})).await,
        "Some(\"alice\") https://issuer.example Some(\"inspector\") [\"read\", \"write\"] true false \
         Some(Number(3)) Err(\"the claim level has the wrong type\") 2000"
    );
}

#[tokio::test]
async fn a_public_tool_may_have_a_caller_or_none() {
    let desk = all();
    assert_eq!(desk.text("perhaps", json!({})).await, "true");
    let result = desk.call_as(None, "perhaps", json!({})).await;
    assert_eq!(text(&result), "false");
}

#[tokio::test]
async fn an_extractor_of_ones_own_sees_the_call() {
    let desk = all();
    assert_eq!(desk.text("tenant", json!({"note": "x"})).await, "acme x");
    // It stands before the tool: what it refuses does not run.
    assert_eq!(desk.error("never", json!({})).await, "not today");
}

#[tokio::test]
async fn a_context_that_is_not_there_is_a_tool_error() {
    let told = all().error("contextual", json!({})).await;
    assert!(told.contains("no context"), "{told}");
}

#[test]
fn tools_that_may_need_a_context_are_known() {
    let desk = all();
    let needing: Vec<&str> = desk
        .tools
        .iter()
        .filter(|tool| tool.takes_context())
        .map(Item::name)
        .collect();
    // Whoever does not say that an extractor needs none is taken to need one.
    assert_eq!(needing, ["contextual", "never"]);
}

#[test]
fn a_public_tool_that_needs_a_caller_in_disguise_does_not_start() {
    let told = faults::<App>(tools![disguised]);
    assert!(told.contains("take `Option<Caller>`"), "{told}");
}
