use std::sync::atomic::{AtomicU32, Ordering};

use super::*;

#[derive(Default)]
struct Counter {
    value: AtomicU32,
}

#[mcp_tools]
impl Counter {
    const SCOPE: &'static str = "count:write";

    /// Raises the counter.
    #[mcp_tool(scope = "count:write", step_up)]
    async fn raise(
        &self,
        /// By how much.
        #[arg(default = 1)]
        by: u32,
    ) -> u32 {
        self.value.fetch_add(by, Ordering::SeqCst) + by
    }

    /// Reads the counter.
    #[mcp_tool(public, name = "counter.read")]
    fn read(self: Arc<Self>) -> u32 {
        self.value.load(Ordering::SeqCst)
    }

    /// Makes a new one.
    #[mcp_tool(public)]
    fn fresh(caller: Option<Caller>) -> String {
        let _ = caller;
        Self::describe(&Self::default())
    }

    fn describe(&self) -> String {
        format!("{:?} {}", self.value, Self::SCOPE)
    }
}

#[mcp_tools(tools = more_tools)]
impl Counter {
    /// Sets it to nothing.
    #[mcp_tool(public)]
    fn clear(self: &Arc<Self>, #[arg(default)] unless: Option<u32>) -> Result<(), String> {
        if unless == Some(self.value.load(Ordering::SeqCst)) {
            return Err("it has that value".to_owned());
        }
        self.value.store(0, Ordering::SeqCst);
        Ok(())
    }
}

#[derive(Clone)]
struct App(Arc<Counter>);

impl FromRef<App> for Arc<Counter> {
    fn from_ref(app: &App) -> Self {
        Arc::clone(&app.0)
    }
}

#[derive(Clone)]
struct Plain(u8);

#[mcp_tools]
impl Plain {
    /// Shows it.
    #[mcp_tool(public)]
    fn show(&self) -> u8 {
        self.0
    }
}

/// A free function next to methods.
#[mcp_tool(public)]
fn beside(State(counter): State<Arc<Counter>>) -> String {
    counter.describe()
}

fn everything<S>(set: &mut ToolSet<S>)
where
    S: Send + Sync + 'static,
    Arc<Counter>: FromRef<S>,
{
    Counter::tools(set);
    Counter::more_tools(set);
    set.add::<beside>();
}

#[tokio::test]
async fn methods_share_their_value_between_calls() {
    let desk = desk(Arc::new(Counter::default()), everything);
    assert_eq!(desk.text("counter.read", json!({})).await, "0");
    let writer = desk.tool("raise");
    assert!(writer.is_step_up());
    assert_eq!(
        writer.requirement().scopes().next().unwrap().as_str(),
        Counter::SCOPE
    );
    // The scope is not alice's: what the admission is for is tested elsewhere.
    desk.state.value.store(41, Ordering::SeqCst);
    assert_eq!(desk.text("counter.read", json!({})).await, "41");
    assert_eq!(desk.text("beside", json!({})).await, "41 count:write");
    assert_eq!(
        desk.error("clear", json!({"unless": 41})).await,
        "it has that value"
    );
    assert_eq!(desk.text("clear", json!({})).await, "");
    assert_eq!(desk.text("counter.read", json!({})).await, "0");
    assert_eq!(desk.text("fresh", json!({})).await, "0 count:write");
}

#[tokio::test]
async fn methods_find_their_value_in_a_larger_state() {
    let app = App(Arc::new(Counter::default()));
    let desk = desk(app, everything);
    assert_eq!(desk.text("counter.read", json!({})).await, "0");
}

#[tokio::test]
async fn a_state_that_is_cloned_needs_no_arc() {
    let desk = desk(Plain(7), Plain::tools);
    assert_eq!(desk.text("show", json!({})).await, "7");
}

#[tokio::test]
async fn methods_stay_callable() {
    let counter = Counter::default();
    assert_eq!(counter.raise(3).await, 3);
}
