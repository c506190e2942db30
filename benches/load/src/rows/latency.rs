//! How late the latest calls are when there is time enough.

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

/// The protected call at half of what it can do at most.
pub(super) fn latency(stage: &Stage, options: &Options) -> Result<Row, Fault> {
    let targets = &stage.targets;
    let most = options
        .load
        .press(&targets.protected_call, &stage.protected)?;
    let rate = most.rate / 2.0;
    say(&format!(
        "\ntools/call at {rate:.0} calls/s, half of the most, {} connections\n",
        options.load.connections
    ))?;
    let mut ours = Vec::new();
    for _ in 0..options.rounds {
        let (target, process) = (&targets.protected_call, &stage.protected);
        ours.push(paced("Toolgate", target, process, rate, options)?);
        // What the machine alone does to calls at this rate.
        paced(
            "bare axum handler",
            &targets.bare_call,
            &stage.bare,
            rate,
            options,
        )?;
    }
    let ratio = median(&ours.iter().map(|(p50, p99)| p99 / p50).collect::<Vec<_>>());
    let [p50, p99] = [
        ours.iter().map(|(p50, _)| *p50).collect::<Vec<_>>(),
        ours.iter().map(|(_, p99)| *p99).collect(),
    ]
    .map(|times| median(&times));
    Ok(Row {
        measure: "p99 of the protected call at half of its maximum load, against its median",
        figures: format!("{p99:.0} and {p50:.0} µs at {rate:.0} calls/s"),
        result: format!("{ratio:.2}"),
        target: "≤ 2",
        is_met: Some(ratio <= 2.0),
    })
}

/// The median and the 99th percentile of one slice, in microseconds.
fn paced(
    name: &str,
    target: &Target,
    process: &Process,
    rate: f64,
    options: &Options,
) -> Result<(f64, f64), Fault> {
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
        "{name:<20} p50 {p50:>6.0} µs  p99 {p99:>6.0} µs  max {most:>6.0} µs  CPU {cost:.1} µs, machine {load:.0}% busy\n"
    ))?;
    Ok((p50, p99))
}
