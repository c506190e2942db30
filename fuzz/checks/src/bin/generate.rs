//! Sends requests that a plain generator makes: `generate <how many> <seed>`.
//!
//! The same seed makes the same requests. Faster than a fuzzer, because nothing is
//! instrumented, and blind where a fuzzer sees. It stops at the first finding and leaves
//! the bytes of that request in `finding-<seed>`.

use std::{
    io::{self, Write},
    panic,
    time::Instant,
};

use toolgate_fuzz_checks::lanes;

fn main() -> io::Result<()> {
    let mut numbers = std::env::args().skip(1).map(|text| text.parse::<u64>());
    let mut number = |usual| match numbers.next() {
        None => Ok(usual),
        Some(number) => number.map_err(io::Error::other),
    };
    let (count, seed) = (number(1_000_000)?, number(1)?);
    let mut out = io::stdout();
    let (start, mut random) = (Instant::now(), Random(seed));
    let mut bytes = Vec::new();
    for done in 1..=count {
        random.fill(&mut bytes);
        if panic::catch_unwind(|| lanes::check(&bytes)).is_err() {
            std::fs::write(format!("finding-{seed}"), &bytes)?;
            return Err(io::Error::other(format!("a finding after {done} inputs")));
        }
        if done % 1_000_000 == 0 || done == count {
            let seconds = start.elapsed().as_secs();
            writeln!(
                out,
                "seed {seed}: {done} inputs in {seconds} s, {:?}",
                lanes::tally()
            )?;
            out.flush()?;
        }
    }
    Ok(())
}

/// SplitMix64: each number leads to the next, and any seed will do.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Up to 128 bytes, more often few than many.
    fn fill(&mut self, bytes: &mut Vec<u8>) {
        bytes.clear();
        let length = (self.next() % 128) as usize;
        while bytes.len() < length {
            bytes.extend_from_slice(&self.next().to_le_bytes());
        }
        bytes.truncate(length);
    }
}
