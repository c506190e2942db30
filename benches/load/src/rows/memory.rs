//! Memory use of a server after much load, and after many tokens.

use std::thread;

use super::{example, example::Example, start::first_answer};
use crate::{
    Fault, connection::Caller, frame::Frame, options::Options, process::Process, say,
    stage::Issuer, table::Row, target::Target,
};

const MIB: f64 = 1024.0 * 1024.0;

/// The target for the total memory after a load, in MiB.
const MOST: f64 = 20.0;

/// The limit of the cache of verdicts: `CAPACITY` in `oauth/src/verify/verification_cache.rs`.
const CACHE: f64 = 48.0;

pub(super) fn memory(issuer: &Issuer, options: &Options) -> Result<[Row; 2], Fault> {
    let mut process = Example::find()?.start(issuer)?;
    let request = example::call(process.address(), issuer, 0);
    let seen = first_answer(&mut process, &request)?;
    let resident = |process: &Process| Ok::<_, Fault>(process.resident()? as f64 / MIB);
    let started = resident(&process)?;
    let target = Target::plain(&example::endpoint(process.address()), request, &seen);
    for _ in 0..options.rounds {
        options.load.press(&target, &process)?;
    }
    let loaded = resident(&process)?;
    say(&format!(
        "\nmemory of finance-news: {started:.1} MiB after the first call, {loaded:.1} MiB after the load\n"
    ))?;
    // Twice as many tokens: shows memory that grows with them without a limit.
    send(issuer, &process, &target, 0..options.tokens)?;
    let once = resident(&process)?;
    send(
        issuer,
        &process,
        &target,
        options.tokens..2 * options.tokens,
    )?;
    let twice = resident(&process)?;
    let tokens = options.tokens;
    say(&format!(
        "{once:.1} MiB after {tokens} different tokens, {twice:.1} MiB after {}\n",
        2 * tokens
    ))?;
    let is_bounded = once <= loaded + CACHE && twice <= loaded + CACHE;
    Ok([
        Row {
            measure: "memory after the load (finance-news)",
            figures: format!(
                "{} connections; {started:.1} MiB after the first call",
                options.load.connections
            ),
            result: format!("{loaded:.1} MiB"),
            target: "≤ 20 MiB",
            is_met: Some(loaded <= MOST),
        },
        Row {
            measure: "memory after 100,000 different valid tokens",
            figures: format!("{tokens} tokens; {twice:.1} MiB after as many again"),
            result: format!("{once:.1} MiB"),
            target: "bounded by the cache's limit (48 MiB)",
            is_met: Some(is_bounded),
        },
    ])
}

/// Calls with each of these tokens once.
fn send(
    issuer: &Issuer,
    process: &Process,
    target: &Target,
    numbers: std::ops::Range<usize>,
) -> Result<(), Fault> {
    const THREADS: usize = 4;
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|first| {
                let numbers = numbers.clone().skip(first).step_by(THREADS);
                scope.spawn(move || -> Result<(), Fault> {
                    let mut caller = Caller::open(process.address())?;
                    for number in numbers {
                        let request = example::call(process.address(), issuer, 1 + number);
                        let (frame, bytes): (Frame, _) = caller.exchange(&request)?;
                        target.check(None, frame, bytes)?;
                    }
                    Ok(())
                })
            })
            .collect();
        for thread in threads {
            thread.join().map_err(|_| "the load program panicked")??;
        }
        Ok(())
    })
}
