//! Servers take turns, in short slices.

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

/// Who takes part.
pub(super) struct Contestant<'s> {
    pub(super) name: &'static str,
    pub(super) process: &'s Process,
    pub(super) target: &'s Target,
}

/// What somebody did in all rounds.
#[derive(Debug, Default)]
pub(super) struct Score {
    rates: Vec<f64>,
    costs: Vec<f64>,
    latencies: Latencies,
}

impl Score {
    /// Calls a second.
    pub(super) fn rate(&self) -> f64 {
        median(&self.rates)
    }

    /// How many times as fast as another: the median of what each round says.
    pub(super) fn ratio_to(&self, other: &Self) -> f64 {
        let pairs = self.rates.iter().zip(&other.rates);
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

/// Lets them take turns, and tells how each did; all of them are compared with the first.
pub(super) fn contest<const N: usize>(
    title: &str,
    contestants: [Contestant<'_>; N],
    options: &Options,
) -> Result<[Score; N], Fault> {
    let mut scores = [(); N].map(|()| Score::default());
    for round in 0..options.rounds {
        for turn in 0..N {
            // There and back, so that a machine that becomes slower is nobody's loss.
            let turn = if round % 2 == 0 { turn } else { N - 1 - turn };
            let Contestant {
                process, target, ..
            } = &contestants[turn];
            scores[turn].note(options.load.press(target, process)?);
        }
    }
    let mut text = format!(
        "\n{title}\n{:<44} {:>9} {:>10} {:>9} {:>9} {:>12}\n",
        "", "calls/s", "CPU µs", "p50 µs", "p99 µs", "first/this"
    );
    for (contestant, at) in contestants.iter().zip(0..) {
        let Score {
            costs, latencies, ..
        } = &mut scores[at];
        let [middle, late] = [0.5, 0.99].map(|share| latencies.quantile(share).as_secs_f64() * 1e6);
        let cost = median(costs);
        writeln!(
            text,
            "{:<44} {:>9.0} {cost:>10.1} {middle:>9.0} {late:>9.0} {:>12.2}",
            contestant.name,
            scores[at].rate(),
            scores[0].ratio_to(&scores[at]),
        )?;
    }
    say(&text)?;
    Ok(scores)
}
