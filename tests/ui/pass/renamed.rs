//! Toolgate by another path.
#![deny(warnings)]

mod vendored {
    pub use toolgate as gate;
}

use vendored::gate::{mcp_tool, mcp_tools, tool::FromRef, tools};

/// By its path.
#[mcp_tool(public, crate = vendored::gate)]
fn one() {}

#[derive(Clone)]
struct Desk;

#[mcp_tools(crate = crate::vendored::gate, tools = all)]
impl Desk {
    /// By its path.
    #[mcp_tool(public)]
    fn two(&self) {}
}

fn fits<S>(_: impl FnOnce(&mut vendored::gate::ToolSet<S>)) {}

fn main() {
    let _ = <Desk as FromRef<Desk>>::from_ref(&Desk);
    fits::<Desk>(tools![one]);
    fits::<Desk>(Desk::all);
    // Local items can be tools, too.
    /// Here.
    #[mcp_tool(public)]
    fn local() {}
    fits::<()>(tools![local]);
    fits::<()>(|set| {
        set.add::<one>();
        set.add::<local>();
    });
}
