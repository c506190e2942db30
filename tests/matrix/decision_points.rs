//! Every answer of a decision point, and every fault × gate × revision × operation.
//!
//! The expected results of an allow are those of the model of `authorize`. Everything else fails
//! closed.

mod engine;

use std::time::Duration;

use engine::{Engine, Says};
use support::client::Revision;
use tokio::task::JoinSet;
use toolgate_testing::{TestCaller, TestIssuer, TestServer};

use crate::{
    authorizations::{
        OPERATIONS,
        desk::Desk,
        model::{self, Expected, Gate, Operation, Verdict, Who},
        request, seen,
    },
    compare_all,
};

const PER_GATE: usize = Revision::ALL.len() * Says::ALL.len();
const CELLS: usize = PER_GATE * (3 * OPERATIONS.len() - 2);

/// Long enough for a busy machine: only the slow engines may be too slow.
const PATIENT: Duration = Duration::from_secs(60);
pub(crate) const IMPATIENT: Duration = Duration::from_millis(60);

async fn start(desk: &Desk, engine: &Engine, gate: Gate, says: Says) -> TestServer {
    TestServer::around(TestIssuer::in_memory(), async |config| {
        let config = config.with_authorize_timeout(match says {
            Says::Nothing | Says::LateAllow => IMPATIENT,
            _ => PATIENT,
        });
        let server = desk.server().with_decision_point(engine.clone());
        match gate {
            Gate::Server => server.into_router(config),
            Gate::StatelessPath => server.without_sessions().into_router(config),
            Gate::Handler => {
                let set = |builder: toolgate::gate::HandlerGateBuilder| {
                    builder.with_decision_point(engine.clone())
                };
                return desk.handler_with(config, set).await;
            }
        }
        .expect("the server is valid")
    })
    .await
}

fn reader(server: &TestServer, revision: Revision) -> TestCaller<'_> {
    let caller = server.as_caller("alice").with_scopes(["desk:read"]);
    caller.with_revision(revision.name())
}

/// Returns the refusal at the gate, or `None` if the engine allows the request.
fn refusal(says: Says) -> Option<Expected> {
    let (status, code) = match says {
        Says::Allow => return None,
        Says::Deny | Says::DenyItems | Says::Garbage | Says::TooFew | Says::Panic => {
            (403, Some(-31403))
        }
        // Nobody decided, so the body has the form of OAuth.
        Says::Down | Says::Nothing | Says::LateAllow => (503, None),
    };
    let mut refused = Expected::of_status(status);
    refused.code = code;
    Some(refused)
}

fn expected(gate: Gate, revision: Revision, says: Says, operation: Operation) -> Expected {
    let allowed = model::expected(gate, revision, Verdict::Allow, Who::Reader, operation);
    let Some(refused) = refusal(says) else {
        return allowed;
    };
    let is_stateless = revision == Revision::Stateless;
    let is_list = allowed.listed.is_some() && operation != Operation::Update;
    match operation {
        // The list itself is allowed, and shows nothing.
        _ if is_list && says == Says::DenyItems => {
            let mut empty = Expected::of_status(200);
            empty.listed = Some(Vec::new());
            empty
        }
        // The engine always lets the last update through, so that the test need not wait.
        Operation::Update => {
            let mut last = Expected::of_status(200);
            last.listed = Some(vec!["desk://end".to_owned()]);
            last
        }
        // Nobody can be asked, so there is no second round.
        Operation::SecondRound if gate == Gate::StatelessPath && !is_stateless => allowed,
        // The answer of the session has begun.
        Operation::SecondRound if !is_stateless => {
            let mut ended = Expected::of_status(200);
            ended.code = Some(if refused.status == 503 {
                -32603
            } else {
                -32600
            });
            ended
        }
        _ => refused,
    }
}

/// Tests the cells of one server. Returns their number, and the failures.
async fn cells(gate: Gate, revision: Revision, says: Says) -> (usize, Vec<String>) {
    let (mut cells, mut failures) = (0, Vec::new());
    let (desk, engine) = (Desk::default(), Engine::default());
    desk.decide(Verdict::Allow);
    let server = start(&desk, &engine, gate, says).await;
    let caller = reader(&server, revision);
    for operation in OPERATIONS {
        if operation == Operation::Update && gate != Gate::Server {
            continue;
        }
        desk.forget();
        let is_later = matches!(operation, Operation::SecondRound | Operation::Update);
        engine.say(if is_later { Says::Allow } else { says });
        let switch = engine.clone();
        let answer = request(&desk, &caller, revision, operation, move || {
            switch.say(says)
        })
        .await;
        let seen = seen(&desk, &answer);
        let expected = expected(gate, revision, says, operation);
        cells += 1;
        if seen != expected {
            failures.push(format!(
                "{gate:?} {revision:?} {says:?} {operation:?}\n  expected {expected:?}\n  seen     {seen:?}\n  {answer:?}"
            ));
        }
        if let Err(denial) = &answer
            && denial.challenge().is_some()
        {
            failures.push(format!(
                "{says:?} {operation:?}: a challenge changes nothing"
            ));
        }
    }
    (cells, failures)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_and_every_fault_of_a_decision_point_matches_the_model() {
    let mut all = JoinSet::new();
    for gate in Gate::ALL {
        for revision in Revision::ALL {
            for says in Says::ALL {
                all.spawn(cells(gate, revision, says));
            }
        }
    }
    compare_all(all, CELLS).await;
}

#[tokio::test]
async fn a_fault_refuses_the_handshake_of_every_revision() {
    for says in Says::ALL {
        let (desk, engine) = (Desk::default(), Engine::default());
        desk.decide(Verdict::Allow);
        let server = start(&desk, &engine, Gate::Server, says).await;
        engine.say(says);
        engine.decide_handshakes();
        let status = |method: &'static str, revision: Revision| {
            let caller = reader(&server, revision);
            async move {
                let params = serde_json::json!({
                    "protocolVersion": revision.name(),
                    "capabilities": {},
                    "clientInfo": {"name": "test", "version": "1"},
                });
                let answer = caller.request(method, params).await;
                answer.map_or_else(|denial| denial.status(), |_| 200)
            }
        };
        let expected = refusal(says).map_or(200, |refused| refused.status);
        let discover = status("server/discover", Revision::Stateless).await;
        assert_eq!(discover, expected, "{says:?}");
        for revision in Revision::ALL {
            if revision != Revision::Stateless {
                let initialize = status("initialize", revision).await;
                assert_eq!(initialize, expected, "{says:?} {revision:?}");
            }
        }
    }
}
