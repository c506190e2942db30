// errors: 9
//! Attributes behind `cfg_attr` where an attribute of ours cannot see them.
use toolgate::{mcp_tool, mcp_tools, tools, ToolSet};

/// A rule of a parameter.
#[mcp_tool(public)]
fn rule(#[cfg_attr(all(), arg(minimum = 1))] a: u8) {
    let _ = a;
}

/// An extractor.
#[mcp_tool(public)]
fn extracted(#[cfg_attr(all(), extract)] a: u8) {
    let _ = a;
}

/// A description.
#[mcp_tool(public)]
fn described(#[cfg_attr(all(), doc = "What.")] a: u8) {
    let _ = a;
}

/// Twice.
#[cfg_attr(all(), mcp_tool(public))]
#[cfg_attr(all(), mcp_tool(scope = "a"))]
fn twice() {}

trait Shows {
    fn show(&self);
    fn build() -> Self;
}

struct Desk;

#[mcp_tools]
impl Desk {
    /// A parameter of a method.
    #[mcp_tool(public)]
    fn open(&self, #[cfg_attr(all(), arg(rename = "b"))] a: u8) {
        let _ = a;
    }
}

impl Shows for Desk {
    /// In the `impl` of a trait.
    #[cfg_attr(all(), mcp_tool(public))]
    fn show(&self) {}

    fn build() -> Self {
        Desk
    }
}

struct Shelf;

#[mcp_tools]
impl Shows for Shelf {
    fn show(&self) {}

    /// In the `impl` of a trait with our attribute.
    #[cfg_attr(all(), mcp_tool(public))]
    fn build() -> Self {
        Shelf
    }
}

macro_rules! method {
    ($($method:tt)*) => { $($method)* };
}

struct Drawer;

#[mcp_tools]
impl Drawer {
    method! {
        /// In a macro call.
        #[cfg_attr(all(), mcp_tool(public))]
        fn show() {}
    }
}

struct Twice;

#[cfg_attr(all(), mcp_tools)]
#[mcp_tools]
impl Twice {
    /// The block has two attributes.
    #[mcp_tool(public)]
    fn show(&self) {}
}

fn server(_: impl FnOnce(&mut ToolSet<()>)) {}

fn main() {
    server(tools![rule, extracted, described, twice]);
    Desk::build().show();
    Shelf::build().show();
    Desk.open(1);
    Twice.show();
    let _ = Drawer;
}
