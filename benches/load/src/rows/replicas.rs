//! What the shared store costs a call, and three replicas against one process.

use std::{sync::Arc, thread::sleep, time::Duration};

use support::{SigningKey, redis_server::RedisServer, round_robin::RoundRobin};
use tokio::runtime::{self, Runtime};

use super::take_turns::{ComparedServer, Results, compare};
use crate::{
    Fault,
    options::Options,
    process::Process,
    request::Endpoint,
    servers::{SCOPE, resource},
    stage::{Stage, mcp},
    table::Row,
    target::{Bound, Target},
};

/// A server refuses the proofs of its first two seconds: they may have been used before its start.
const PROOFS_BEGIN: Duration = Duration::from_secs(3);

const WITHOUT: &str = "Toolgate, without a store";
const WITH: &str = "Toolgate, with a store";

/// Measures calls with and without a store, and through a proxy in front of one or three processes.
/// The CPU time is that of the servers, without the proxy and the store.
pub(super) fn replicas(stage: &Stage, options: &Options) -> Result<Vec<Row>, Fault> {
    let redis = RedisServer::start();
    let store = redis.url();
    let mut rows = cost_of_store(stage, options, &store)?;
    rows.push(three_against_one(stage, options, &store)?);
    Ok(rows)
}

/// A server, and its calls of each kind.
struct Measured {
    process: Process,
    bearer: Target,
    bound: Target,
    session: Target,
}

impl Measured {
    fn start(stage: &Stage, store: &str) -> Result<Self, Fault> {
        let process = Process::start(&["replica", stage.issuer.url(), "own", store], "")?;
        let bearer = stage.like_protected(&process)?;
        sleep(PROOFS_BEGIN);
        let resource = resource(process.address());
        let key = Arc::new(SigningKey::p256("load"));
        let credentials = Bound {
            token: stage.issuer.bound_token(&resource, SCOPE, &key),
            resource: resource.clone(),
            key,
        };
        let token = stage.issuer.token(&resource, SCOPE, 0);
        Ok(Self {
            bound: Target::bound(&mcp(&process), credentials, &bearer)?,
            session: Target::session(&mcp(&process), Some(&token))?,
            bearer,
            process,
        })
    }
}

/// Which calls of a server are measured.
type Calls = fn(&Measured) -> &Target;

const BEARER: Calls = |one| &one.bearer;
const BOUND: Calls = |one| &one.bound;
const SESSION: Calls = |one| &one.session;

fn cost_of_store(stage: &Stage, options: &Options, store: &str) -> Result<Vec<Row>, Fault> {
    let quick = [
        Measured::start(stage, "none")?,
        Measured::start(stage, store)?,
    ];
    let slow = [
        Measured::start(stage, "slow none")?,
        Measured::start(stage, &format!("slow {store}"))?,
    ];
    let mut rows = Vec::new();
    for (title, measure, [without, with], calls, target, most) in [
        (
            "tools/call with a bearer token",
            "CPU time of a stateless call with a bearer token, with a store against the same without",
            &quick,
            BEARER,
            "≤ 1.1",
            1.1,
        ),
        (
            "tools/call with a bound token and its proof (DPoP)",
            "the same with a bound token and its proof",
            &quick,
            BOUND,
            "≤ 1.5",
            1.5,
        ),
        (
            "tools/call in a session",
            "the same in a session",
            &quick,
            SESSION,
            "≤ 1.1",
            1.1,
        ),
        (
            "tools/call in a session, of a tool that takes 20 ms",
            "the same in a session, of a tool that takes 20 ms: its stream is recorded",
            &slow,
            SESSION,
            "≤ 1.5",
            1.5,
        ),
    ] {
        let all = [(WITHOUT, without), (WITH, with)].map(|(name, server)| ComparedServer {
            name,
            process: &server.process,
            target: calls(server),
        });
        let [without, with] = &compare(title, all, options)?;
        rows.push(row(measure, with, without, target, most));
    }
    Ok(rows)
}

fn row(
    measure: &'static str,
    ours: &Results,
    other: &Results,
    target: &'static str,
    most: f64,
) -> Row {
    let figures = format!("{:.1} and {:.1} µs", ours.cost(), other.cost());
    Row::at_most(measure, figures, ours.cost_ratio_to(other), target, most)
}

/// One server or several behind a proxy.
struct Group {
    process: Process,
    call: Target,
    _proxy: RoundRobin,
}

impl Group {
    fn start(
        stage: &Stage,
        runtime: &Runtime,
        store: &str,
        replicas: usize,
    ) -> Result<Self, Fault> {
        let proxy = runtime.block_on(RoundRobin::start());
        let resource = resource(proxy.address);
        let start = || Process::start(&["replica", stage.issuer.url(), &resource, store], "");
        let mut all = (0..replicas)
            .map(|_| start())
            .collect::<Result<Vec<_>, _>>()?;
        let first = all.pop().ok_or("there is no process")?;
        let process = first.with_replicas(all);
        proxy.send_to(process.addresses());
        let endpoint = Endpoint {
            address: proxy.address,
            path: "/mcp",
        };
        // Each connection reaches the next process, and each process has to have its keys.
        let calls = (0..3 * replicas).map(|_| stage.like_protected_at(&endpoint, &resource));
        let call = calls.last().ok_or("there is no process")??;
        Ok(Self {
            process,
            call,
            _proxy: proxy,
        })
    }

    fn compared(&self, name: &'static str) -> ComparedServer<'_> {
        ComparedServer {
            name,
            process: &self.process,
            target: &self.call,
        }
    }
}

fn three_against_one(stage: &Stage, options: &Options, store: &str) -> Result<Row, Fault> {
    let runtime = runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let one = Group::start(stage, &runtime, store, 1)?;
    let three = Group::start(stage, &runtime, store, 3)?;
    let all = [
        one.compared("one process behind a round robin"),
        three.compared("three replicas behind a round robin"),
    ];
    let [one, three] = &compare("tools/call with a bearer token, with a store", all, options)?;
    Ok(row(
        "CPU time of the same call, of three replicas behind a round robin against one process",
        three,
        one,
        "≤ 1.4",
        1.4,
    ))
}
