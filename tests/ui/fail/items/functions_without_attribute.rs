// errors: 2
/// No attribute.
fn plain() {}

struct NoTool;

fn server<S>(_: S, _: impl FnOnce(&mut toolgate::ToolSet<S>)) {}

fn main() {
    plain();
    server((), toolgate::tools![plain]);
    server((), toolgate::tools![NoTool]);
}
