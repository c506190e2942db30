// errors: 3
use toolgate::{mcp_tool, Caller};

enum State {
    Open,
}

struct Args {
    text: String,
}

/// An argument with the name of an extractor.
#[mcp_tool(public)]
fn state(state: State) {
    let State::Open = state;
}

/// An argument with the name of the arguments.
#[mcp_tool(public)]
fn args(args: Args) {
    drop(args.text);
}

/// A borrowed extractor.
#[mcp_tool(authenticated)]
fn borrowed(caller: &Caller) {
    let _ = caller;
}

fn main() {
    let _ = (state, args, borrowed, State::Open);
}
