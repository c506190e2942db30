//! [`assert_access`]: tries every item with every relevant set of scopes.

use std::{collections::BTreeSet, time::Duration};

use serde_json::{Value, json};
use toolgate::{
    AccessTable, ItemAccess,
    auth::{Clock, Conditions, DenialReason, UnixTime},
};

use crate::{Denial, Output, TestCaller, TestServer, template_uri::a_uri_of};

/// The most differences that a failure lists.
const MOST_LISTED: usize = 20;

/// How long an item may run before its request is dropped.
const RUN: Duration = Duration::from_millis(300);
/// How long a denial may take, on a busy machine too.
const DENIAL: Duration = Duration::from_secs(30);

/// An `acr` that no item accepts.
const FOREIGN_ACR: &str = "urn:toolgate:access-check";

/// What [`assert_access`] has tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccessReport {
    /// The number of requests whose answer was compared with the declaration.
    pub requests: usize,
    /// The number of these that the server denied.
    pub denied: usize,
}

/// Asserts that each item of a server is as accessible as its attribute declares.
///
/// It sends a request for every tool, prompt and resource: without a token, without scopes, with
/// every single scope of the server, with each declared alternative, with each alternative that
/// lacks one scope, and with all scopes; without its roles, without an `acr` and with another one,
/// without the time of the login and with a login that is too old; in the stateless revision, and
/// in a session if the server has sessions. What the caller may use **runs**, with empty arguments
/// and for at most 300 milliseconds, so use a state made for tests. It compares with a reading of
/// [`AccessTable`] that shares no code with the gate.
///
/// ```
/// # use toolgate::{Server, mcp_tool, tools};
/// # use toolgate_testing::{TestServer, assert_access};
/// # /// Lists the invoices.
/// # #[mcp_tool(scope = "invoices:read")]
/// # fn list_invoices() -> String { "none".to_owned() }
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// let server = TestServer::new(Server::new("invoices").tools(tools![list_invoices]));
/// let report = assert_access(&server).await;
/// assert!(report.denied >= 4);
/// # });
/// ```
///
/// # Panics
///
/// If an answer differs from the declaration, with every difference; if the server is an
/// application of your own without [`TestServer::with_access`].
pub async fn assert_access(server: &TestServer) -> AccessReport {
    let table = server.access().expect(
        "an application of your own declares no access: add it by `TestServer::with_access`",
    );
    let mut report = AccessReport {
        requests: 0,
        denied: 0,
    };
    let mut differences = Vec::new();
    let has_sessions = has_sessions(server).await;
    for item in table.items() {
        for (scopes, lack) in requests(table, item) {
            for in_session in [false, true] {
                if in_session && !has_sessions {
                    continue;
                }
                let expected = expected(table, item, scopes.as_ref(), lack, in_session);
                let limit = match expected {
                    Expected::Runs => RUN,
                    _ => DENIAL,
                };
                let caller = caller(server, item, scopes.as_ref(), lack, in_session);
                let answer = request(&caller, item, limit).await;
                report.requests += 1;
                report.denied += usize::from(answer.is_err());
                if let Err(difference) = compare(item, &expected, &answer) {
                    let era = if in_session {
                        "in a session"
                    } else {
                        "stateless"
                    };
                    let with = match &scopes {
                        Some(set) => format!("{set:?}, lacking {lack:?}"),
                        None => "no token".to_owned(),
                    };
                    differences.push(format!(
                        "{} {}, {era}, with {with}: {difference}",
                        item.kind(),
                        item.name()
                    ));
                }
            }
        }
    }
    let listed = differences
        .iter()
        .take(MOST_LISTED)
        .map(|one| format!("\n- {one}"));
    assert!(
        differences.is_empty(),
        "{} of {} answers differ from what the attributes declare:{}",
        differences.len(),
        report.requests,
        listed.collect::<String>()
    );
    report
}

/// The expected answer to one request, by the declaration.
#[derive(Debug)]
enum Expected {
    Runs,
    Unauthenticated,
    /// Each list holds the scopes that one alternative needs beyond those of the token.
    LacksOneOf(Vec<BTreeSet<&'static str>>),
    /// A 403 for every login: only the role or the person is missing.
    Forbidden(DenialReason),
    /// A 401 that demands another login.
    WeakLogin(Conditions),
}

/// Which condition of the item the caller does not satisfy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lack {
    Nothing,
    Person,
    Roles,
    Acr,
    /// The login has an `acr` that the item does not accept.
    OwnAcr,
    LoginTime,
    /// The login is one second too old.
    RecentLogin,
}

/// Returns the requests to try: each set of scopes with all conditions of the item satisfied, and
/// all scopes with one of the conditions unsatisfied.
fn requests(table: &AccessTable, item: &ItemAccess) -> Vec<(Option<Scopes>, Lack)> {
    let sets = scope_sets(table, item);
    let all = sets.iter().flatten().max_by_key(|set| set.len()).cloned();
    let conditions = item.conditions();
    let has_acr = !conditions.acr().is_empty();
    let has_age = conditions.max_age().is_some();
    let lacks = [
        (Lack::Person, conditions.person()),
        (Lack::Roles, !conditions.roles().is_empty()),
        (Lack::Acr, has_acr),
        (Lack::OwnAcr, has_acr),
        (Lack::LoginTime, has_age),
        (Lack::RecentLogin, has_age),
    ];
    let lacks = lacks.into_iter().filter(|(_, is_required)| *is_required);
    let lacks: Vec<_> = lacks.map(|(lack, _)| (all.clone(), lack)).collect();
    let satisfied = sets.into_iter().map(|set| (set, Lack::Nothing));
    satisfied.chain(lacks).collect()
}

type Scopes = BTreeSet<&'static str>;

/// Returns the sets of scopes to try; `None` is a request without a token.
fn scope_sets(table: &AccessTable, item: &ItemAccess) -> BTreeSet<Option<Scopes>> {
    let mut all = Scopes::new();
    for item in table.items() {
        all.extend(item.alternatives().iter().flatten());
        all.extend(item.authorize_scopes().unwrap_or_default());
    }
    for (holder, implied) in table.implications() {
        all.insert(holder);
        all.extend(implied);
    }
    let mut sets = BTreeSet::from([None, Some(Scopes::new()), Some(all.clone())]);
    sets.extend(all.iter().map(|scope| Some(Scopes::from([*scope]))));
    for alternative in item.alternatives() {
        let alternative: Scopes = alternative.iter().copied().collect();
        for scope in &alternative {
            let mut lacking = alternative.clone();
            lacking.remove(scope);
            sets.insert(Some(lacking));
            // All other scopes together must not replace this one.
            let mut others = all.clone();
            others.remove(scope);
            sets.insert(Some(others));
        }
        sets.insert(Some(alternative));
    }
    sets
}

fn expected(
    table: &AccessTable,
    item: &ItemAccess,
    scopes: Option<&Scopes>,
    lack: Lack,
    in_session: bool,
) -> Expected {
    let Some(held) = scopes else {
        let is_open = table.has_open_handshake() || table.items().all(ItemAccess::is_public);
        return match item.is_public() && (is_open || !in_session) {
            true => Expected::Runs,
            false => Expected::Unauthenticated,
        };
    };
    let with_scopes = match lack {
        Lack::Nothing => Expected::Runs,
        Lack::Person => Expected::Forbidden(DenialReason::NoPerson),
        Lack::Roles => Expected::Forbidden(DenialReason::MissingRole),
        Lack::Acr | Lack::OwnAcr | Lack::LoginTime | Lack::RecentLogin => {
            Expected::WeakLogin(item.conditions())
        }
    };
    if item.alternatives().is_empty() {
        return with_scopes;
    }
    let mut granted = held.clone();
    loop {
        let before = granted.len();
        for (holder, implied) in table.implications() {
            if granted.contains(holder) {
                granted.extend(implied);
            }
        }
        if granted.len() == before {
            break;
        }
    }
    let missing = item.alternatives().iter().map(|alternative| {
        let needed = alternative.iter().copied();
        needed
            .filter(|scope| !granted.contains(scope))
            .collect::<Scopes>()
    });
    let missing: Vec<_> = missing.collect();
    match missing.iter().any(BTreeSet::is_empty) {
        true => with_scopes,
        false => Expected::LacksOneOf(missing),
    }
}

/// Compares an answer with the declaration. An error says what differs.
fn compare(
    item: &ItemAccess,
    expected: &Expected,
    answer: &Result<Output, Denial>,
) -> Result<(), String> {
    match (expected, answer) {
        (Expected::Runs, Ok(_)) => Ok(()),
        // Errors of the protocol are after the gate: a missing argument, or a missing capability.
        (Expected::Runs, Err(denial)) if matches!(denial.status(), 200 | 400) => Ok(()),
        // The function decides by arguments that the check does not know.
        (Expected::Runs, Err(denial))
            if denial.status() == 403
                && (item.authorize_scopes().is_some()
                    || denial.reason() == Some(DenialReason::DeniedByItem)) =>
        {
            Ok(())
        }
        // Nobody confirms: the callers of this check cannot ask a user.
        (Expected::Runs, Err(denial))
            if item.is_confirmed() && denial.reason() == Some(DenialReason::NotConfirmed) =>
        {
            Ok(())
        }
        // No user approves a request in this check.
        (Expected::Runs, Err(denial))
            if item.is_approved() && denial.reason() == Some(DenialReason::NotApproved) =>
        {
            Ok(())
        }
        // The gate counts a request after it has decided on the access.
        (Expected::Runs, Err(denial))
            if item.rate().is_some() && denial.reason() == Some(DenialReason::RateLimited) =>
        {
            Ok(())
        }
        (Expected::Unauthenticated, Err(denial)) if denial.is_unauthenticated() => {
            let metadata = denial
                .challenge()
                .and_then(|one| one.get("resource_metadata"));
            match metadata {
                Some(_) => Ok(()),
                None => {
                    Err("the 401 has no `resource_metadata`, so no client can log in".to_owned())
                }
            }
        }
        (Expected::LacksOneOf(missing), Err(denial)) if denial.is_insufficient_scope() => {
            let challenged: BTreeSet<_> = denial.challenged_scopes().into_iter().collect();
            let is_named = |scopes: &Scopes| scopes.iter().all(|scope| challenged.contains(scope));
            match missing.iter().any(is_named) {
                true => Ok(()),
                false => Err(format!(
                    "the 403 challenges {challenged:?}, which is not enough: {missing:?}"
                )),
            }
        }
        (Expected::Forbidden(reason), Err(denial))
            if denial.status() == 403
                && denial.challenge().is_none()
                && denial.reason() == Some(*reason) =>
        {
            Ok(())
        }
        (Expected::WeakLogin(conditions), Err(denial))
            if denial.is_insufficient_authentication() =>
        {
            let is_named =
                denial.acr_values() == conditions.acr() && denial.max_age() == conditions.max_age();
            match is_named {
                true => Ok(()),
                false => Err(format!(
                    "the 401 does not challenge the login that is enough: {conditions}"
                )),
            }
        }
        (expected, Ok(_)) => Err(format!("it ran, and should not: {expected:?}")),
        (expected, Err(denial)) => Err(format!("{denial}, expected {expected:?}")),
    }
}

/// Returns a caller with these scopes, who satisfies every condition of the item except one.
fn caller<'s>(
    server: &'s TestServer,
    item: &ItemAccess,
    scopes: Option<&Scopes>,
    lack: Lack,
    in_session: bool,
) -> TestCaller<'s> {
    let caller = match scopes {
        Some(scopes) => {
            let mut caller = server.as_caller("access-check").with_scopes(scopes);
            let conditions = item.conditions();
            if let (Some(roles), true) = (conditions.roles().first(), lack != Lack::Roles) {
                caller = caller.with_roles(*roles);
            }
            if conditions.person() && lack != Lack::Person {
                caller = caller.with_person();
            }
            let acr = match lack {
                Lack::Acr => None,
                Lack::OwnAcr => Some(FOREIGN_ACR),
                _ => conditions.acr().first().copied(),
            };
            let now = server.clock().now();
            let auth_time = conditions.max_age().and_then(|max_age| match lack {
                Lack::LoginTime => None,
                Lack::RecentLogin => {
                    let age = max_age.as_secs().saturating_add(1);
                    Some(UnixTime::from_seconds(now.seconds().saturating_sub(age)))
                }
                _ => Some(now),
            });
            if let Some(acr) = acr {
                caller = caller.with_acr(acr);
            }
            if let Some(auth_time) = auth_time {
                caller = caller.with_auth_time(auth_time);
            }
            caller
        }
        None => server.anonymous(),
    };
    match in_session {
        true => caller.in_session(),
        false => caller,
    }
}

async fn request(
    caller: &TestCaller<'_>,
    item: &ItemAccess,
    limit: Duration,
) -> Result<Output, Denial> {
    let answer = async {
        match item.kind() {
            "tool" => caller.call(item.name(), json!({})).await,
            "prompt" => caller.prompt(item.name(), json!({})).await,
            _ => caller.read(&a_uri_of(item.name())).await,
        }
    };
    // A denial arrives before the item runs. At the limit, the item runs and may never return.
    tokio::time::timeout(limit, answer)
        .await
        .unwrap_or(Ok(Output(Value::Null)))
}

async fn has_sessions(server: &TestServer) -> bool {
    let opened = server.as_caller("access-check").in_session().open().await;
    opened.is_some()
}
