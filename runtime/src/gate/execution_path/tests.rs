//! The execution path of each combination of message, session, fast paths and tool.

use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::Response;
use rmcp::model::{ClientJsonRpcMessage, JsonObject, RequestId};

use super::*;
use crate::{
    authorization::Permit,
    gate::{fast_message::FastMessage, session::SessionServices, stateless_fast_path::RunningCall},
    observer::RunReport,
    scope::Scope,
};

/// A service whose tool 1 needs nothing from rmcp.
struct Paths;

impl StatelessFastPath for Paths {
    fn takes(&self, target: Target) -> bool {
        target == Target::Tool(1)
    }

    fn authorize_scopes(&self, _: Target) -> &'static [Scope] {
        &[]
    }

    fn call(&self, _: &Permit, _: JsonObject, _: Option<&Arc<RunReport>>) -> Option<RunningCall> {
        None
    }

    fn list(&self, _: &Permit) -> Option<Bytes> {
        None
    }
}

impl SessionServices for Paths {
    fn release<'s>(&'s self, _: &'s str) -> BoxFuture<'s, ()> {
        Box::pin(std::future::ready(()))
    }
}

impl SessionFastPath for Paths {
    fn has<'s>(&'s self, _: &'s str) -> BoxFuture<'s, bool> {
        Box::pin(std::future::ready(false))
    }

    fn send<'s>(
        &'s self,
        _: &'s str,
        _: ClientJsonRpcMessage,
    ) -> BoxFuture<'s, Option<Response<Body>>> {
        Box::pin(std::future::ready(None))
    }
}

/// Returns the execution paths without fast paths, with the stateless one, with the session's, and
/// with both, one letter each.
fn paths(message: &IncomingMessage, is_in_session: bool, target: Option<Target>) -> String {
    let (stateless, session): (&dyn StatelessFastPath, &dyn SessionFastPath) = (&Paths, &Paths);
    let combinations = [
        (None, None),
        (Some(stateless), None),
        (None, Some(session)),
        (Some(stateless), Some(session)),
    ];
    let letter = |(stateless, session)| {
        let paths = FastPaths { stateless, session };
        match ExecutionPath::choose(paths, message, is_in_session, target) {
            ExecutionPath::StatelessCall => 'C',
            ExecutionPath::ToolList => 'L',
            ExecutionPath::SessionCall => 'S',
            ExecutionPath::DirectSessionCall => 'P',
            ExecutionPath::Rmcp => '.',
        }
    };
    combinations.map(letter).iter().collect()
}

fn fast(request: FastRequest, revision: Revision) -> IncomingMessage {
    IncomingMessage::Fast(FastMessage {
        id: RequestId::Number(1),
        request,
        revision,
        traceparent: None,
    })
}

#[test]
fn each_combination_has_one_execution_path() {
    const OLDER: Revision = Revision::Older {
        progress_token: None,
    };
    let call = |revision| {
        let (name, arguments) = ("a".to_owned(), JsonObject::new());
        fast(FastRequest::Call { name, arguments }, revision)
    };
    let list = |revision| fast(FastRequest::List, revision);
    // The tool needs nothing from rmcp, it needs rmcp, there is no such tool; first without a
    // session, then in one.
    let targets = [Some(Target::Tool(1)), Some(Target::Tool(0)), None];
    let paths_of = |message: &IncomingMessage| {
        [false, true].map(|is_in_session| {
            targets
                .map(|target| paths(message, is_in_session, target))
                .join(" ")
        })
    };
    let never = ".... .... ....";
    for (what, message, expected) in [
        ("call", call(Revision::Current), [".C.C .... ....", never]),
        (
            "older call",
            call(OLDER),
            [".C.. .... ....", "..SP ..SS ..SS"],
        ),
        ("list", list(Revision::Current), [".L.L .L.L .L.L", never]),
        ("older list", list(OLDER), [never, never]),
        ("unusual", IncomingMessage::Unreadable, [never, never]),
    ] {
        assert_eq!(paths_of(&message), expected, "{what}");
    }
}
