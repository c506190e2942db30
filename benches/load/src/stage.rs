//! Starts all servers, and checks that they do the same work.

use std::{
    collections::BTreeMap,
    thread,
    time::{Duration, Instant},
};

use serde_json::json;
use support::{MockIssuer, SigningKey};
use tokio::runtime::{self, Runtime};

use crate::{
    Fault,
    connection::{Recorded, ask},
    process::Process,
    request::Endpoint,
    servers::{SCOPE, resource},
    target::Target,
};

/// How long a server may take to load its issuer's keys.
const PATIENCE: Duration = Duration::from_secs(20);

/// An issuer on loopback, which runs until this is dropped.
pub(crate) struct Issuer {
    imitation: MockIssuer,
    _runtime: Runtime,
}

impl Issuer {
    pub(crate) fn start() -> Result<Self, Fault> {
        let runtime = runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        Ok(Self {
            imitation: runtime.block_on(MockIssuer::start()),
            _runtime: runtime,
        })
    }

    pub(crate) fn url(&self) -> &str {
        self.imitation.url()
    }

    /// Issues a valid ES256 token of another user for each number.
    pub(crate) fn token_of(&self, audience: &str, user: usize) -> String {
        let token = self.imitation.token().audience(audience).scope(SCOPE);
        let token = token.claim("sub", json!(format!("user-{user:08}")));
        token.expires_in(6 * 3600).build()
    }

    /// Issues a token that is bound to this key (RFC 9449 §6).
    pub(crate) fn bound_token(&self, audience: &str, scope: &str, key: &SigningKey) -> String {
        let token = self.imitation.token().audience(audience).scope(scope);
        token.bound_to(key).expires_in(6 * 3600).build()
    }

    /// Issues a valid ES256 token for this audience, distinct for each number.
    pub(crate) fn token(&self, audience: &str, scope: &str, number: usize) -> String {
        let token = self.imitation.token().audience(audience).scope(scope);
        let token = token.claim("jti", json!(format!("token-{number:08}")));
        token.expires_in(6 * 3600).build()
    }
}

/// The servers and their requests.
pub(crate) struct Stage {
    pub(crate) issuer: Issuer,
    pub(crate) protected: Process,
    pub(crate) sessionless: Process,
    pub(crate) open: Process,
    pub(crate) unprotected: Process,
    pub(crate) without_nodelay: Process,
    pub(crate) handwritten: Process,
    pub(crate) hundred: Process,
    pub(crate) bare: Process,
    pub(crate) targets: Targets,
    /// The answer of the protected server.
    call: Seen,
}

/// The requests, by server.
pub(crate) struct Targets {
    pub(crate) protected_call: Target,
    pub(crate) open_call: Target,
    pub(crate) unprotected_call: Target,
    pub(crate) handwritten_call: Target,
    pub(crate) bare_call: Target,
    pub(crate) no_token: Target,
    pub(crate) bare_no_token: Target,
    pub(crate) no_scope: Target,
    pub(crate) bare_no_scope: Target,
    pub(crate) list: Target,
    pub(crate) bare_list: Target,
    pub(crate) protected_session: Target,
    pub(crate) unprotected_session: Target,
    pub(crate) session_without_nodelay: Target,
    pub(crate) sessionless_call: Target,
    pub(crate) unprotected_sessionless_call: Target,
}

impl Stage {
    /// Returns the call of another protected server, which must answer like the first.
    pub(crate) fn like_protected(&self, process: &Process) -> Result<Target, Fault> {
        self.like_protected_at(&mcp(process), &resource(process.address()))
    }

    /// Returns the call of a protected server at this address, which must answer like the first.
    pub(crate) fn like_protected_at(&self, at: &Endpoint, resource: &str) -> Result<Target, Fault> {
        let token = self.issuer.token(resource, SCOPE, 0);
        let call = Seen::of(at, at.call(Some(&token)), 200)?;
        self.call.is_like("protected", &call)?;
        Ok(call.target())
    }

    /// Starts everything. Fails if the servers respond differently.
    pub(crate) fn set() -> Result<Self, Fault> {
        let issuer = Issuer::start()?;
        let protected = Process::start(&["protected", issuer.url()], "")?;
        let sessionless = Process::start(&["sessionless", issuer.url()], "")?;
        let open = Process::start(&["open", issuer.url()], "")?;
        let unprotected = Process::start(&["unprotected"], "")?;
        let without_nodelay = Process::start(&["without-nodelay"], "")?;
        let handwritten = Process::start(&["handwritten", issuer.url()], "")?;
        let hundred = Process::start(&["hundred", issuer.url()], "")?;

        let token =
            |process: &Process, scope: &str| issuer.token(&resource(process.address()), scope, 0);
        let good = token(&protected, SCOPE);
        let poor = token(&protected, "weather:other");
        let archive = token(&hundred, "archive:read");
        let by_hand = token(&handwritten, SCOPE);

        let at = mcp(&protected);
        let call = Seen::of(&at, at.call(Some(&good)), 200)?;
        let no_token = Seen::of(&at, at.call(None), 401)?;
        let no_scope = Seen::of(&at, at.call(Some(&poor)), 403)?;
        let at = mcp(&hundred);
        let list = Seen::of(&at, at.list(Some(&archive)), 200)?;
        let tools = list.answer.body.matches(r#""inputSchema""#).count();
        if tools != 100 {
            return Err(format!("the list has {tools} tools").into());
        }
        let open_call = Seen::of(&mcp(&open), mcp(&open).call(None), 200)?;
        let at = mcp(&unprotected);
        let unprotected_call = Seen::of(&at, at.call(None), 200)?;
        let at = mcp(&handwritten);
        let handwritten_call = Seen::of(&at, at.call(Some(&by_hand)), 200)?;
        for (name, other) in [
            ("open", &open_call),
            ("unprotected", &unprotected_call),
            ("handwritten", &handwritten_call),
        ] {
            call.is_like(name, other)?;
        }
        let at = mcp(&sessionless);
        let by = token(&sessionless, SCOPE);
        let sessionless_call = Seen::of(&at, at.sessionless_call(Some(&by)), 200)?;
        let at = mcp(&unprotected);
        let unprotected_sessionless_call = Seen::of(&at, at.sessionless_call(None), 200)?;
        sessionless_call.is_like("unprotected", &unprotected_sessionless_call)?;

        let answers = BTreeMap::from([
            ("/call", &call.answer),
            ("/401", &no_token.answer),
            ("/403", &no_scope.answer),
            ("/list", &list.answer),
        ]);
        let bare = Process::start(&["bare"], &serde_json::to_string(&answers)?)?;
        let bare_at = |path| Endpoint {
            address: bare.address(),
            path,
        };
        let bare_call = call.at(bare_at("/call"), Endpoint::call, Some(&good))?;
        let bare_no_token = no_token.at(bare_at("/401"), Endpoint::call, None)?;
        let bare_no_scope = no_scope.at(bare_at("/403"), Endpoint::call, Some(&poor))?;
        let bare_list = list.at(bare_at("/list"), Endpoint::list, Some(&archive))?;

        let protected_session = Target::session(&mcp(&protected), Some(&good))?;
        let unprotected_session = Target::session(&session(&unprotected), None)?;
        if protected_session.result() != unprotected_session.result() {
            let (ours, theirs) = (protected_session.result(), unprotected_session.result());
            return Err(
                format!("our session responds with {ours}, and rmcp's with {theirs}").into(),
            );
        }
        let session_without_nodelay = Target::session(&session(&without_nodelay), None)?;
        let targets = Targets {
            protected_call: call.target(),
            open_call: open_call.target(),
            unprotected_call: unprotected_call.target(),
            handwritten_call: handwritten_call.target(),
            bare_call,
            no_token: no_token.target(),
            bare_no_token,
            no_scope: no_scope.target(),
            bare_no_scope,
            list: list.target(),
            bare_list,
            protected_session,
            unprotected_session,
            session_without_nodelay,
            sessionless_call: sessionless_call.target(),
            unprotected_sessionless_call: unprotected_sessionless_call.target(),
        };
        Ok(Self {
            issuer,
            protected,
            sessionless,
            open,
            unprotected,
            without_nodelay,
            handwritten,
            hundred,
            bare,
            targets,
            call,
        })
    }
}

pub(crate) fn mcp(process: &Process) -> Endpoint {
    Endpoint {
        address: process.address(),
        path: "/mcp",
    }
}

fn session(process: &Process) -> Endpoint {
    Endpoint {
        address: process.address(),
        path: "/session",
    }
}

/// A request and its response.
struct Seen {
    endpoint: Endpoint,
    request: Vec<u8>,
    answer: Recorded,
}

impl Seen {
    fn of(endpoint: &Endpoint, request: Vec<u8>, status: u16) -> Result<Self, Fault> {
        Ok(Self {
            endpoint: endpoint.clone(),
            answer: ask_until(endpoint, &request, status)?,
            request,
        })
    }

    fn target(&self) -> Target {
        Target::plain(&self.endpoint, self.request.clone(), &self.answer)
    }

    /// Returns the bare server's target for the same request. Its response must be identical.
    fn at(
        &self,
        endpoint: Endpoint,
        request: fn(&Endpoint, Option<&str>) -> Vec<u8>,
        token: Option<&str>,
    ) -> Result<Target, Fault> {
        let request = request(&endpoint, token);
        let answer = ask(endpoint.address, &request)?;
        if answer != self.answer {
            let ours = &self.answer;
            return Err(
                format!("the bare handler responds with {answer:?}, and not {ours:?}").into(),
            );
        }
        Ok(Target::plain(&endpoint, request, &answer))
    }

    /// Requires the same status, media type and body from another server.
    fn is_like(&self, name: &str, other: &Self) -> Result<(), Fault> {
        let parts = |answer: &Recorded| {
            let kind = answer.field("content-type").map(str::to_owned);
            (answer.status, kind, answer.body.clone())
        };
        let (ours, theirs) = (parts(&self.answer), parts(&other.answer));
        if ours != theirs {
            return Err(format!("{name} responds with {theirs:?}, and not {ours:?}").into());
        }
        Ok(())
    }
}

/// Repeats a request until the response has this status: a server may still be loading its
/// issuer's keys.
pub(crate) fn ask_until(
    endpoint: &Endpoint,
    request: &[u8],
    status: u16,
) -> Result<Recorded, Fault> {
    let start = Instant::now();
    loop {
        let answer = ask(endpoint.address, request)?;
        if answer.status == status {
            return Ok(answer);
        }
        if start.elapsed() > PATIENCE {
            return Err(format!("{endpoint:?} responds with {answer:?}, and not {status}").into());
        }
        thread::sleep(Duration::from_millis(20));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(status: u16, kind: &str, body: &str) -> Seen {
        Seen {
            endpoint: Endpoint {
                address: ([127, 0, 0, 1], 9).into(),
                path: "/mcp",
            },
            request: Vec::new(),
            answer: Recorded {
                status,
                fields: vec![("content-type".to_owned(), kind.to_owned())],
                body: body.to_owned(),
            },
        }
    }

    #[test]
    fn who_answers_otherwise_is_not_measured() {
        let ours = seen(200, "application/json", "{}");
        assert!(
            ours.is_like("the same", &seen(200, "application/json", "{}"))
                .is_ok()
        );
        for other in [
            seen(202, "application/json", "{}"),
            seen(200, "text/event-stream", "{}"),
            seen(200, "application/json", "{ }"),
        ] {
            assert!(ours.is_like("another", &other).is_err());
        }
    }
}
