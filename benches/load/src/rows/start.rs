//! The time from starting a process to its first successful call.

use std::{
    thread,
    time::{Duration, Instant},
};

use super::example::{self, Example};
use crate::{
    Fault,
    connection::{Recorded, ask},
    latency::median,
    options::Options,
    process::Process,
    say,
    stage::Issuer,
    table::Row,
};

const PATIENCE: Duration = Duration::from_secs(20);

pub(super) fn start(issuer: &Issuer, options: &Options) -> Result<Row, Fault> {
    let example = Example::find()?;
    let mut times = Vec::new();
    for _ in 0..options.starts {
        let begin = Instant::now();
        let mut process = example.start(issuer)?;
        let request = example::call(process.address(), issuer, 0);
        first_answer(&mut process, &request)?;
        times.push(begin.elapsed().as_secs_f64() * 1e3);
    }
    let middle = median(&times);
    let most = times.iter().copied().fold(0.0, f64::max);
    say(&format!(
        "\nstart of finance-news to its first answered call: {middle:.1} ms, at most {most:.1} ms\n"
    ))?;
    Ok(Row {
        measure: "start to first answered call, issuer on loopback",
        figures: format!("median of {}, at most {most:.0} ms", times.len()),
        result: format!("{middle:.0} ms"),
        target: "≤ 100 ms",
        is_met: Some(middle <= 100.0),
    })
}

/// Repeats a request until its status is 200.
pub(super) fn first_answer(process: &mut Process, request: &[u8]) -> Result<Recorded, Fault> {
    let begin = Instant::now();
    loop {
        let answer = ask(process.address(), request);
        match answer {
            Ok(answer) if answer.status == 200 => return Ok(answer),
            _ if !process.runs()? => return Err("the example did not start".into()),
            _ if begin.elapsed() > PATIENCE => {
                return Err(format!("the example does not respond: {answer:?}").into());
            }
            _ => thread::sleep(Duration::from_micros(200)),
        }
    }
}
