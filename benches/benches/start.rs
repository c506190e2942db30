//! The cost of building a server: schemas, rules, challenges, documents, routes.
//!
//! Run: `cargo bench -p toolgate-benches --bench start`.

use divan::Bencher;
use toolgate::{
    __private::{ItemDeclaration, ToolDefinition, argument, run, tool_result},
    Config, Scope, Server, ToolSet,
    auth::Requirement,
};

/// Builds a tool with this number, as an expansion would, that requires one of `scopes` scopes.
/// Expansions are `'static`, so this leaks memory until the process ends.
fn tool(number: usize, scopes: usize) -> ToolDefinition<()> {
    let name: &'static str = format!("tool_{number:05}").leak();
    let scope = format!("desk:{:03}", number % scopes).leak();
    let scope = Scope::parse(scope).expect("a scope");
    let set: &'static [Scope] = Vec::leak(vec![scope]);
    let access = Requirement::Scopes(Vec::leak(vec![set]));
    ToolDefinition::new(
        ItemDeclaration::new(name, "Does what its number says.", access),
        |described| {
            described
                .argument(argument::<String>(), "text", "What to say.")
                .max_length(100);
        },
        |call| run(call.item(), async { tool_result::<()>().done(()) }),
    )
}

fn main() {
    divan::main();
}

#[divan::bench(args = [10, 100, 1_000, 10_000], consts = [1, 128], sample_count = 10, sample_size = 1)]
fn start<const SCOPES: usize>(bencher: Bencher<'_, '_>, tools: usize) {
    bencher
        .with_inputs(|| {
            let add = |set: &mut ToolSet<()>| {
                (0..tools).for_each(|number| set.push(tool(number, SCOPES)));
            };
            let config = Config::new("https://mcp.example/mcp").with_issuer("https://as.example");
            (Server::new("desk").tools(add).without_banner(), config)
        })
        .bench_local_values(|(server, config)| server.into_router(config).expect("no faults"));
}
