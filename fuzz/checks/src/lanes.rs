//! Requests from the first header to the tool that ran.
//!
//! A request goes into the router as hyper would hand it in, and what ran is compared
//! with what a second reading of its bytes says: a tool runs only for a caller whose
//! scopes suffice, it is the one that the body names (and the header, where there is
//! one), and one request runs one tool. A request that goes the short way is sent the
//! long way too, and both must answer alike.
//!
//! - `case`, `body`: a request, made of a fuzzer's bytes
//! - `callers`: tokens, and what they are worth; `tools`: the server
//! - `model`: what may run; `world`: the server and its sessions

use std::cell::RefCell;

use crate::tape::Tape;

mod body;
mod callers;
mod case;
mod model;
mod tools;
mod world;

use case::{Case, Era};
use world::{Answer, World};

/// The sessions that are kept open: their revision, and the token that opens them.
const SESSIONS: [(&str, Option<usize>); 3] = [
    ("2025-11-25", Some(0)),
    ("2025-06-18", Some(2)),
    ("2025-03-26", None),
];

/// What came of the requests so far, so that a run that shows nothing is noticed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tally {
    /// Requests that were sent.
    pub sent: u64,
    /// Requests that ran a tool.
    pub ran: u64,
    /// Requests in which nothing was odd.
    pub right: u64,
    /// Requests that were sent both ways.
    pub both_ways: u64,
    /// Requests in a session.
    pub in_session: u64,
    /// Requests of an older revision without one.
    pub sessionless: u64,
}

thread_local! {
    static WORLD: RefCell<World> = RefCell::new(World::new());
}

/// Sends the request, or the two, that these bytes make.
///
/// # Panics
///
/// When something ran that should not have run, or the other way round.
pub fn check(bytes: &[u8]) {
    WORLD.with_borrow_mut(|world| one(world, bytes));
}

/// What came of the requests of this thread.
#[must_use]
pub fn tally() -> Tally {
    WORLD.with_borrow(|world| world.tally)
}

fn one(world: &mut World, bytes: &[u8]) {
    let case = Case::read(&mut Tape::new(bytes), SESSIONS.len());
    let owner = world.owner(&case);
    let answer = world.send(&case, None);
    judge(&case, &answer, owner);
    if case.is_right {
        world.tally.right += 1;
        // Whoever comes first owns a session that was opened by nobody.
        let is_certain = !matches!(case.era, Era::Session(_)) || owner.is_some();
        if is_certain {
            let runs = model::runs(&case, owner);
            assert_eq!(answer.runs.len(), usize::from(runs), "{case:?}\n{answer:?}");
            assert_eq!(answer.status == 200, runs, "{case:?}\n{answer:?}");
        }
    }
    // A call that is right in every particular goes the short way, and with a parameter
    // on its media type the long one.
    if case.only("content-type") == Some(b"application/json")
        && !matches!(case.era, Era::Session(_))
        && !answer.opened
    {
        world.tally.both_ways += 1;
        let long = world.send(&case, Some("application/json; charset=utf-8"));
        assert_eq!(answer, long, "two ways, two answers: {case:?}");
    }
    world.learn(&case, &answer);
}

/// Judges an answer by what must hold for all of them.
fn judge(case: &Case, answer: &Answer, owner: Option<callers::Holder>) {
    assert!(
        answer.runs.len() <= 1,
        "one request, two runs: {case:?}\n{answer:?}"
    );
    for run in &answer.runs {
        if let Some(reason) = model::fault(case, run, owner) {
            panic!("{run:?} ran, but {reason}: {case:?}\n{answer:?}");
        }
    }
    if let Err(fault) = answer.judge(case) {
        panic!("{fault}: {case:?}\n{answer:?}");
    }
}
