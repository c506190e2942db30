// errors: 2
use toolgate::tools;

/// No attribute.
fn plain() {}

struct NoTool;

fn main() {
    plain();
    let _ = tools![plain] as fn(&mut toolgate::ToolSet<()>);
    let _ = tools![NoTool] as fn(&mut toolgate::ToolSet<()>);
}
