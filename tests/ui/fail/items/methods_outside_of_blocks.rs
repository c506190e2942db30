// errors: 4
//! A method is registered through its block.
use toolgate::{mcp_prompt, mcp_resource, mcp_tool};

struct Desk;

impl Desk {
    /// With a receiver.
    #[mcp_tool(public)]
    fn open(&self) {}

    /// With the type of the block as its result.
    #[mcp_prompt(public)]
    fn build() -> Self {
        Desk
    }

    /// With the type of the block in an argument.
    #[mcp_tool(public)]
    fn close(desk: Option<Self>) {
        drop(desk);
    }

    /// With the type of the block in its body.
    #[mcp_resource(uri = "desk://size", public)]
    fn size() -> String {
        Self::build().open();
        String::new()
    }
}

/// A free function may have an item with a `Self` of its own.
#[mcp_tool(public)]
fn free() {
    struct Inner;

    impl Inner {
        fn build() -> Self {
            Self
        }
    }

    let _ = Inner::build();
}

fn main() {
    Desk::close(Some(Desk::build()));
    drop(Desk::size());
    let _: fn(&mut toolgate::ToolSet<()>) = |set| toolgate::tools![free](set);
}
