//! Checks inputs from a simple generator: `generate <target> <count> <seed>`.
//!
//! The same seed gives the same inputs. It is faster than a fuzzer because nothing is
//! instrumented, but it has no coverage feedback. It stops at the first finding and writes that
//! input to `finding-<target>-<seed>`.

use std::{
    io::{self, Write},
    panic,
    time::Instant,
};

use toolgate_fuzz_checks::{CHECKS, execution_paths, random::Random};

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let target = arguments
        .next()
        .unwrap_or_else(|| "execution_paths".to_owned());
    let check = CHECKS.iter().find(|(name, _)| *name == target);
    let (_, check) = check.ok_or_else(|| io::Error::other("unknown target"))?;
    let mut number = |usual| match arguments.next() {
        None => Ok(usual),
        Some(text) => text.parse::<u64>().map_err(io::Error::other),
    };
    let (count, seed) = (number(1_000_000)?, number(1)?);
    let mut out = io::stdout();
    let (start, mut random) = (Instant::now(), Random::new(seed));
    let mut bytes = Vec::new();
    for done in 1..=count {
        random.fill(&mut bytes);
        if panic::catch_unwind(|| check(&bytes)).is_err() {
            std::fs::write(format!("finding-{target}-{seed}"), &bytes)?;
            return Err(io::Error::other(format!("a finding after {done} inputs")));
        }
        if done % 1_000_000 == 0 || done == count {
            let seconds = start.elapsed().as_secs();
            write!(out, "{target}, seed {seed}: {done} inputs in {seconds} s")?;
            match target.as_str() {
                "execution_paths" => writeln!(out, ", {:?}", execution_paths::tally())?,
                _ => writeln!(out)?,
            }
            out.flush()?;
        }
    }
    Ok(())
}
