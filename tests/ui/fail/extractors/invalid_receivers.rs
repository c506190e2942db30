// errors: 9
use toolgate::{mcp_tool, mcp_tools, ToolSet};

struct Desk;

type Pointer<T> = std::rc::Rc<T>;

#[mcp_tools]
impl Desk {
    /// By value.
    #[mcp_tool(public)]
    fn value(self) {}

    /// Alone.
    #[mcp_tool(public)]
    fn alone(&mut self) {}

    /// In a box.
    #[mcp_tool(public)]
    fn boxed(self: Box<Self>) {}

    /// Alone, behind an `Arc`.
    #[mcp_tool(public)]
    fn alone_behind(self: &mut std::sync::Arc<Self>) {}

    /// Of another pointer.
    #[mcp_tool(public)]
    fn other(self: Pointer<Self>) {}

    /// For ever.
    #[mcp_tool(public)]
    fn forever(&'static self) {}
}

impl Desk {
    /// Outside of such a block.
    #[mcp_tool(public)]
    fn outside(&self) {}
}

struct Other;

#[mcp_tools]
impl Other {
    /// Right.
    #[mcp_tool(public)]
    fn right(&self) {}
}

struct MyArc<T>(T);

#[mcp_tools]
impl MyArc<u8> {
    /// Of a pointer that the compiler refuses, too.
    #[mcp_tool(public)]
    fn own(self: MyArc<Self>) {}
}

fn server<S>(_: S, _: impl FnOnce(&mut ToolSet<S>)) {}

fn main() {
    let _ = (Desk::value, Desk::alone, Desk::boxed, Desk::outside, Desk::tools::<()>);
    server((), Other::tools);
    let _ = (Other::right, MyArc::own);
}
