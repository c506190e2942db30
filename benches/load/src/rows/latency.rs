//! Tail latency below the maximum load.

use std::time::Duration;

use crate::{
    Fault,
    latency::median,
    options::Options,
    pace::call_at,
    process::{Process, machine_busy},
    say,
    stage::Stage,
    table::Row,
    target::Target,
};

/// Measures the protected call and the bare handler, each at half of its own maximum.
pub(super) fn latency(stage: &Stage, options: &Options) -> Result<Row, Fault> {
    let targets = &stage.targets;
    let compared_servers = [
        ("Toolgate", &targets.protected_call, &stage.protected),
        ("bare axum handler", &targets.bare_call, &stage.bare),
    ];
    say(&format!(
        "\ntools/call at half of the maximum, {} connections\n",
        options.load.connections
    ))?;
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..options.rounds {
        for (times, (name, target, process)) in times.iter_mut().zip(compared_servers) {
            // Measured again in each round: the speed of a shared machine varies.
            let rate = options.load.press(target, process)?.rate / 2.0;
            times.push(paced(name, target, process, rate, options)?);
        }
    }
    let [ours, bare] = times.map(|times| Summary::of(&times));
    Ok(Row {
        measure: "p99 of the protected call at half of its maximum load, against its median",
        figures: format!(
            "{:.0} and {:.0} µs at {:.0} calls/s (bare handler: {:.0} and {:.0} µs at {:.0}, {:.2})",
            ours.p99, ours.p50, ours.rate, bare.p99, bare.p50, bare.rate, bare.ratio
        ),
        result: format!("{:.2}", ours.ratio),
        target: "≤ 2",
        is_met: Some(ours.ratio <= 2.0),
    })
}

/// One slice: calls per second, and latencies in microseconds.
struct Paced {
    rate: f64,
    p50: f64,
    p99: f64,
}

/// The median over the rounds, for each figure.
struct Summary {
    rate: f64,
    p50: f64,
    p99: f64,
    ratio: f64,
}

impl Summary {
    fn of(slices: &[Paced]) -> Self {
        let middle = |of: fn(&Paced) -> f64| median(&slices.iter().map(of).collect::<Vec<_>>());
        Self {
            rate: middle(|slice| slice.rate),
            p50: middle(|slice| slice.p50),
            p99: middle(|slice| slice.p99),
            ratio: middle(|slice| slice.p99 / slice.p50),
        }
    }
}

/// Calls for one slice.
fn paced(
    name: &str,
    target: &Target,
    process: &Process,
    rate: f64,
    options: &Options,
) -> Result<Paced, Fault> {
    let (before, all_before) = (process.busy()?, machine_busy()?);
    let mut times = call_at(target, rate, options.load.connections, options.load.slice)?;
    let busy = process.busy()?.saturating_sub(before);
    let all_busy = machine_busy()?.saturating_sub(all_before);
    let processors = std::thread::available_parallelism()?.get() as f64;
    let load = 100.0 * all_busy.as_secs_f64() / options.load.slice.as_secs_f64() / processors;
    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    let [p50, p99, most] = [0.5, 0.99, 1.0].map(|share| micros(times.quantile(share)));
    let cost = micros(busy) / times.count().max(1) as f64;
    say(&format!(
        "{name:<20} {rate:>7.0} calls/s  p50 {p50:>6.0} µs  p99 {p99:>6.0} µs  max {most:>6.0} µs  CPU {cost:.1} µs, machine {load:.0}% busy\n"
    ))?;
    Ok(Paced { rate, p50, p99 })
}
