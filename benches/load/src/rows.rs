//! The rows of the table, one file for each kind of measurement.

use std::io::{self, Read};

use crate::{
    Fault,
    options::{Options, Part},
    stage::Stage,
    table::{self, Row},
};

mod calls;
mod crowd;
mod example;
mod idle_sessions;
mod latency;
mod memory;
mod operation;
mod replicas;
mod start;
mod take_turns;
mod wrk_scripts;

/// Measures the selected parts.
pub(crate) fn measure(options: &Options) -> Result<(), Fault> {
    table::print_machine()?;
    let does = |part| options.parts.contains(&part);
    let mut rows = Vec::new();
    let stage = Stage::set()?;
    if does(Part::Calls) {
        rows.extend(calls::calls(&stage, options)?);
    }
    if does(Part::Sessions) {
        rows.push(calls::sessions(&stage, options)?);
        rows.push(calls::sessionless(&stage, options)?);
    }
    if does(Part::Operation) {
        rows.extend(operation::operation(&stage, options)?);
    }
    if does(Part::Refusals) {
        rows.extend(calls::refusals(&stage, options)?);
    }
    if options.is_all() {
        rows.extend(elsewhere());
    }
    if does(Part::Lists) {
        rows.push(calls::lists(&stage, options)?);
    }
    if does(Part::Latency) {
        rows.push(latency::latency(&stage, options)?);
    }
    if does(Part::Memory) {
        rows.extend(memory::memory(&stage.issuer, options)?);
        rows.push(idle_sessions::idle_sessions(&stage.issuer, options)?);
    }
    if does(Part::Crowd) {
        rows.extend(crowd::crowd(&stage.issuer, options)?);
    }
    if does(Part::Start) {
        rows.push(start::start(&stage.issuer, options)?);
    }
    if does(Part::Replicas) {
        rows.extend(replicas::replicas(&stage, options)?);
    }
    if options.is_all() {
        rows.extend(compiled());
    }
    table::print(&rows)
}

/// Starts the servers for another load program, until the input ends.
pub(crate) fn stand() -> Result<(), Fault> {
    let stage = Stage::set()?;
    wrk_scripts::describe(&stage)?;
    io::stdin().lock().read_to_end(&mut Vec::new())?;
    Ok(())
}

fn elsewhere() -> [Row; 3] {
    let token = "cargo bench -p toolgate-benches --bench token";
    let decision = "cargo bench -p toolgate-benches --bench decision";
    [
        Row::elsewhere(
            "cold ES256 token, all of our work, against jsonwebtoken's verification alone",
            token,
            "≤ 1.15",
        ),
        Row::elsewhere(
            "warm token: lookup, authorization, decision",
            token,
            "≤ 500 ns, 0 allocations",
        ),
        Row::elsewhere(
            "decision alone, at 10 and at 10,000 tools, 1 and 128 scopes",
            decision,
            "flat, ≤ 20 ns",
        ),
    ]
}

fn compiled() -> [Row; 2] {
    [
        Row::elsewhere(
            "clean release build of a server with one tool, against rmcp with hand-written JWT middleware",
            "benches/build.sh",
            "≤ 1.1",
        ),
        Row::elsewhere(
            "compile time added by each tool, against rmcp's `#[tool]`",
            "benches/build.sh",
            "≤ 1.0",
        ),
    ]
}
