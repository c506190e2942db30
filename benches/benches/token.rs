//! The cost of a new token compared with jsonwebtoken's verification of it, and the cost of a
//! known token.
//!
//! Run: `cargo bench -p toolgate-benches --bench token`. The last lines are the ratios. Both
//! sides take turns for them, so that other load on the machine affects both equally.

use std::time::{Duration, Instant};

use aws_lc_rs::digest::{SHA256, digest};
use divan::{AllocProfiler, Bencher, black_box};
use toolgate_benches::{Desk, Plain};

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

/// The number of cold tokens for one benchmark: all samples, and the first call.
const TOKENS: usize = 100 * 40 + 1;

/// How often each side takes its turn, and for how many tokens.
const TURNS: usize = 101;
const EACH: usize = 50;

fn main() {
    divan::main();
    // `cargo bench -- <name>` runs only that benchmark.
    if std::env::args()
        .skip(1)
        .all(|argument| argument == "--bench")
    {
        ratios();
    }
}

#[divan::bench(sample_count = 100, sample_size = 40)]
fn cold_token(bencher: Bencher<'_, '_>) {
    let desk = Desk::with_tokens(10, 1, TOKENS);
    bencher.bench_local(|| desk.cold());
}

#[divan::bench(sample_count = 100, sample_size = 40)]
fn jsonwebtoken_decode(bencher: Bencher<'_, '_>) {
    let plain = Plain::new(&Desk::with_tokens(10, 1, TOKENS));
    bencher.bench_local(|| plain.decode());
}

#[divan::bench(sample_count = 100, sample_size = 40)]
fn jsonwebtoken_signature(bencher: Bencher<'_, '_>) {
    let plain = Plain::new(&Desk::with_tokens(10, 1, TOKENS));
    bencher.bench_local(|| plain.signature());
}

/// Many in a row: a server with warm tokens used one a moment ago.
#[divan::bench(args = [1, 16, 128], sample_count = 100, sample_size = 1000)]
fn warm_token(bencher: Bencher<'_, '_>, scopes: usize) {
    let desk = Desk::new(10, scopes);
    bencher.bench_local(|| desk.warm());
}

/// The lower bound for a warm token: the cache key is its hash.
#[divan::bench(args = [1, 16, 128], sample_count = 100, sample_size = 1000)]
fn warm_token_its_sha256_alone(bencher: Bencher<'_, '_>, scopes: usize) {
    let desk = Desk::new(10, scopes);
    let (tokens, _) = desk.tokens();
    bencher.bench_local(|| digest(&SHA256, black_box(tokens[0].as_bytes())));
}

#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
fn ratios() {
    let desk = Desk::with_tokens(10, 1, 1 + TURNS * EACH);
    let plain = Plain::new(&desk);
    let mut cold = Vec::new();
    let mut ratios = [Vec::new(), Vec::new()];
    for _ in 0..TURNS {
        let ours = time(|| desk.cold());
        let decode = time(|| plain.decode());
        let signature = time(|| plain.signature());
        cold.push(ours.as_secs_f64() * 1e6 / EACH as f64);
        ratios[0].push(ours.as_secs_f64() / decode.as_secs_f64());
        ratios[1].push(ours.as_secs_f64() / signature.as_secs_f64());
    }
    let [decode, signature] = ratios.map(median);
    println!("cold ES256 token, all of our work: {:.1} µs", median(cold));
    println!("  against jsonwebtoken::decode into claims:  {decode:.3}");
    println!("  against the verification of the signature: {signature:.3}");
}

fn time(mut one: impl FnMut() -> bool) -> Duration {
    let begin = Instant::now();
    for _ in 0..EACH {
        assert!(black_box(one()));
    }
    begin.elapsed()
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}
