//! Memory of sessions that are open and idle.

use std::{thread::sleep, time::Duration};

use crate::{
    Fault,
    connection::Caller,
    options::Options,
    process::Process,
    servers::resource,
    stage::{Issuer, ask_until, mcp},
    table::Row,
    target::open_session,
};

/// The number of sessions in a batch. The services of the next batch reuse the memory of the
/// services of this batch.
const BATCH: usize = 400;

/// How many batches each round of the load program stands for: 10,000 sessions by default.
const BATCHES_OF_A_ROUND: usize = 5;

/// How many sessions each user opens.
const OF_ONE_USER: usize = 10;

/// More than the time that the server takes to release the services of idle sessions.
const IDLE: Duration = Duration::from_secs(6);

/// The target for one idle session, in KiB.
const MOST: f64 = 8.0;

/// Opens sessions in batches. The memory that each batch after the first adds is that of its idle
/// sessions.
pub(super) fn idle_sessions(issuer: &Issuer, options: &Options) -> Result<Row, Fault> {
    let process = Process::start(&["protected", issuer.url()], "")?;
    let endpoint = mcp(&process);
    let audience = resource(process.address());
    let mut caller = Caller::open(process.address())?;
    let batch = BATCH.min(options.tokens);
    let batches = match options.rounds {
        0 | 1 => 2,
        rounds => BATCHES_OF_A_ROUND * rounds,
    };
    let mut resident = Vec::new();
    for number in 0..batches {
        for session in number * batch..(number + 1) * batch {
            let token = issuer.token_of(&audience, session / OF_ONE_USER);
            if session == 0 {
                ask_until(&endpoint, &endpoint.call(Some(&token)), 200)?;
            }
            open_session(&mut caller, &endpoint, Some(&token))?;
        }
        sleep(IDLE);
        resident.push(process.resident()? as f64 / 1024.0);
    }
    let added = batch * (batches - 1);
    let all = resident[batches - 1] - resident[0];
    let each = all / added as f64;
    Ok(Row {
        measure: "memory of an open, idle session",
        figures: format!(
            "{added} sessions after the first {batch}, {OF_ONE_USER} of each user: {all:.0} KiB"
        ),
        result: format!("{each:.1} KiB"),
        target: "≤ 8 KiB",
        is_met: Some(each <= MOST),
    })
}
