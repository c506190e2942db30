//! The cost of a decision, alone and for a known token.
//!
//! Run: `cargo bench -p toolgate-benches --bench decision`.

use divan::{AllocProfiler, Bencher};
use toolgate_benches::Desk;

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

const TOOLS: [usize; 4] = [10, 100, 1_000, 10_000];

/// Iterations per sample: enough that the cost of reading the clock does not matter. By itself,
/// divan uses too few for the first benchmark.
const SAMPLE: u32 = 10_000;

fn main() {
    divan::main();
}

#[divan::bench(args = TOOLS, consts = [1, 16, 128], sample_size = SAMPLE)]
fn decision<const SCOPES: usize>(bencher: Bencher<'_, '_>, tools: usize) {
    let desk = Desk::new(tools, SCOPES);
    bencher.bench_local(|| desk.decide());
}

#[divan::bench(args = TOOLS, consts = [1, 128], sample_size = SAMPLE)]
fn decision_and_admission<const SCOPES: usize>(bencher: Bencher<'_, '_>, tools: usize) {
    let desk = Desk::new(tools, SCOPES);
    bencher.bench_local(|| desk.admit());
}

#[divan::bench(args = TOOLS, consts = [1, 128], sample_size = SAMPLE)]
fn decision_about_another_tool_each_time<const SCOPES: usize>(
    bencher: Bencher<'_, '_>,
    tools: usize,
) {
    let desk = Desk::new(tools, SCOPES);
    bencher.bench_local(|| desk.decide_for_another());
}

#[divan::bench(args = TOOLS, consts = [1, 128], sample_size = SAMPLE)]
fn warm_token_and_decision<const SCOPES: usize>(bencher: Bencher<'_, '_>, tools: usize) {
    let desk = Desk::new(tools, SCOPES);
    bencher.bench_local(|| desk.warm());
}
