//! Servers take turns in short slices.

use std::fmt::Write;

use crate::{
    Fault,
    latency::{Latencies, median},
    load::Slice,
    options::Options,
    process::Process,
    say,
    target::Target,
};

/// One of the compared servers.
pub(super) struct ComparedServer<'s> {
    pub(super) name: &'static str,
    pub(super) process: &'s Process,
    pub(super) target: &'s Target,
}

/// The results of one server in all rounds.
#[derive(Debug, Default)]
pub(super) struct Results {
    rates: Vec<f64>,
    costs: Vec<f64>,
    latencies: Latencies,
}

impl Results {
    /// Returns calls per second.
    pub(super) fn rate(&self) -> f64 {
        median(&self.rates)
    }

    /// Returns how many times as fast it is as another: the median of the rounds' ratios.
    pub(super) fn ratio_to(&self, other: &Self) -> f64 {
        let pairs = self.rates.iter().zip(&other.rates);
        median(
            &pairs
                .map(|(ours, theirs)| ours / theirs)
                .collect::<Vec<_>>(),
        )
    }

    /// Returns how much CPU time a call takes, in microseconds.
    pub(super) fn cost(&self) -> f64 {
        median(&self.costs)
    }

    /// Returns how many times as much CPU time a call takes as at another: the median of the rounds'
    /// ratios.
    pub(super) fn cost_ratio_to(&self, other: &Self) -> f64 {
        let pairs = self.costs.iter().zip(&other.costs);
        median(
            &pairs
                .map(|(ours, theirs)| ours / theirs)
                .collect::<Vec<_>>(),
        )
    }

    fn note(&mut self, slice: Slice) {
        self.rates.push(slice.rate);
        self.costs.push(slice.cost);
        self.latencies.extend(slice.latencies);
    }
}

/// Runs all of them in turns, and prints their results; each is compared with the first.
pub(super) fn compare<const N: usize>(
    title: &str,
    compared_servers: [ComparedServer<'_>; N],
    options: &Options,
) -> Result<[Results; N], Fault> {
    let mut results = [(); N].map(|()| Results::default());
    for round in 0..options.rounds {
        for turn in 0..N {
            // Alternate the order: a machine that slows down then affects all servers alike.
            let turn = if round % 2 == 0 { turn } else { N - 1 - turn };
            let ComparedServer {
                process, target, ..
            } = &compared_servers[turn];
            results[turn].note(options.load.press(target, process)?);
        }
    }
    let mut text = format!(
        "\n{title}\n{:<44} {:>9} {:>10} {:>9} {:>9} {:>12}\n",
        "", "calls/s", "CPU µs", "p50 µs", "p99 µs", "first/this"
    );
    for (compared_server, at) in compared_servers.iter().zip(0..) {
        let Results {
            costs, latencies, ..
        } = &mut results[at];
        let [middle, late] = [0.5, 0.99].map(|share| latencies.quantile(share).as_secs_f64() * 1e6);
        let cost = median(costs);
        writeln!(
            text,
            "{:<44} {:>9.0} {cost:>10.1} {middle:>9.0} {late:>9.0} {:>12.2}",
            compared_server.name,
            results[at].rate(),
            results[0].ratio_to(&results[at]),
        )?;
    }
    say(&text)?;
    Ok(results)
}
