// errors: 1
use toolgate::{mcp_resource, resources, Context, ResourceSet, State};

/// Twelve extractors are passed to a completing function, and thirteen are not.
#[mcp_resource(uri = "notes://{id}", public)]
#[allow(clippy::too_many_arguments)]
fn note(
    #[arg(complete = ids)] id: String,
    State(a): State<u8>,
    State(b): State<u8>,
    State(c): State<u8>,
    State(d): State<u8>,
    State(e): State<u8>,
    State(f): State<u8>,
    State(g): State<u8>,
    State(h): State<u8>,
    State(i): State<u8>,
    State(j): State<u8>,
    State(k): State<u8>,
    State(l): State<u8>,
    context: Context,
) -> String {
    let _ = (a, b, c, d, e, f, g, h, i, j, k, l, context);
    id
}

fn ids(
    begun: &str,
    _: State<u8>,
    _: State<u8>,
    _: State<u8>,
    _: State<u8>,
    _: State<u8>,
    _: State<u8>,
    _: State<u8>,
    _: State<u8>,
    _: State<u8>,
    _: State<u8>,
    _: State<u8>,
    _: State<u8>,
    _: Context,
) -> Vec<String> {
    vec![begun.to_owned()]
}

fn server(_: impl FnOnce(&mut ResourceSet<u8>)) {}

fn main() {
    server(resources![note]);
}
