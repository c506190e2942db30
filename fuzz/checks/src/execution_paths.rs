//! Complete requests, from the first header to the tool that ran.
//!
//! Each request enters the router as hyper would deliver it, and the tool that ran is compared
//! with a second reading of the request's bytes: a tool runs only for a caller whose scopes
//! suffice, it is the tool in the body (and in the header, if there is one), and one request
//! runs one tool. A request that takes the fast path is also sent through rmcp, and both
//! responses must be the same. Some tools require roles, a sign-in, a decision of their own or a
//! confirmation, which is bound to its caller and its argument and used once.
//!
//! - `case`, `body`: a request, built from a fuzzer's bytes
//! - `callers`: tokens and their rights; `tools`: the server
//! - `may_run`: which tools may run; `confirmations`: which answers of users count
//! - `world`: the server and its sessions

use std::cell::RefCell;

use crate::choices::Choices;

mod body;
mod callers;
mod case;
mod confirmations;
mod may_run;
mod tools;
mod world;

use case::{Case, Era};
use world::{Answer, World};

/// The open sessions: their revision, and the token that opens them.
const SESSIONS: [(&str, Option<usize>); 3] = [
    ("2025-11-25", Some(0)),
    ("2025-06-18", Some(2)),
    ("2025-03-26", None),
];

/// Counts results, to detect a run that tests nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tally {
    /// Requests sent.
    pub sent: u64,
    /// Requests that ran a tool.
    pub ran: u64,
    /// Requests without any deviation.
    pub right: u64,
    /// Requests sent through both paths.
    pub both_ways: u64,
    /// Requests in a session.
    pub in_session: u64,
    /// Requests of an older revision without a session.
    pub sessionless: u64,
    /// Questions that users were asked.
    pub asked: u64,
    /// Requests that ran a tool because its user confirmed it.
    pub confirmed: u64,
    /// Requests that ran a tool which requires a role or a sign-in.
    pub with_policy: u64,
}

thread_local! {
    static WORLD: RefCell<World> = RefCell::new(World::new());
}

/// Sends the request in these bytes, once or through both paths.
///
/// # Panics
///
/// If a tool ran that must not run, or did not run although it must.
pub fn check(bytes: &[u8]) {
    WORLD.with_borrow_mut(|world| one(world, bytes));
}

/// Returns the counts of this thread.
#[must_use]
pub fn tally() -> Tally {
    WORLD.with_borrow(|world| world.tally)
}

fn one(world: &mut World, bytes: &[u8]) {
    let mut case = Case::read(&mut Choices::new(bytes), SESSIONS.len());
    world.confirmations.fill(&mut case.body);
    let owner = world.owner(&case);
    let answer = world.send(&case, None);
    judge(world, &case, &answer, owner);
    if case.is_valid {
        world.tally.right += 1;
        // The first authenticated request takes over an anonymous session.
        let is_certain = !matches!(case.era, Era::Session(_)) || owner.is_some();
        if case.call.name == "erase" {
            judge_confirmation(world, &case, &answer);
        } else if is_certain {
            let runs = may_run::runs(&case, owner);
            assert_eq!(answer.runs.len(), usize::from(runs), "{case:?}\n{answer:?}");
            assert_eq!(answer.status == 200, runs, "{case:?}\n{answer:?}");
        }
    }
    // A fully valid message takes the fast path; a parameter on its media type forces the slow
    // one. A session must be the same for both.
    let is_repeatable = match case.era {
        Era::Stateless | Era::Sessionless(_) => true,
        Era::Session(_) => case.method == "POST" && owner.is_some() && answer.status != 404,
    };
    // A question has a new state each time, and its answer counts once.
    let is_repeatable = is_repeatable && case.call.name != "erase";
    if case.only("content-type") == Some(b"application/json") && is_repeatable && !answer.opened {
        world.tally.both_ways += 1;
        let long = world.send(&case, Some("application/json; charset=utf-8"));
        assert_eq!(answer, long, "the two paths differ: {case:?}");
    }
    world.learn(&case, &answer);
}

/// Checks that a valid request runs a tool that is confirmed if and only if its user has confirmed.
fn judge_confirmation(world: &World, case: &Case, answer: &Answer) {
    let text = case.call.argument.map(|(_, text)| text);
    let may_run = may_run::may_run(may_run::caller(case), case.call.name, text);
    let runs = may_run && world.confirmations.fault(case).is_none();
    // Clients of older revisions have no elicitation here.
    if case.era == Era::Stateless {
        assert_eq!(answer.runs.len(), usize::from(runs), "{case:?}\n{answer:?}");
    }
}

/// Checks what must hold for every response.
fn judge(world: &World, case: &Case, answer: &Answer, owner: Option<callers::Holder>) {
    assert!(
        answer.runs.len() <= 1,
        "one request, two runs: {case:?}\n{answer:?}"
    );
    for run in &answer.runs {
        if let Some(reason) = may_run::fault(case, run, owner) {
            panic!("{run:?} ran, but {reason}: {case:?}\n{answer:?}");
        }
        if run.tool == "erase"
            && let Some(reason) = world.confirmations.fault(case)
        {
            panic!("{run:?} ran, but {reason}: {case:?}\n{answer:?}");
        }
    }
    if let Err(fault) = answer.judge(case) {
        panic!("{fault}: {case:?}\n{answer:?}");
    }
}
